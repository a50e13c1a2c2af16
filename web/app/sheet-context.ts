import { createContext } from 'react'

/** Opens the sheet with the sessions; null where they stand at the side. */
export const SheetContext = createContext<(() => void) | null>(null)
