import { createContext } from 'react'

/** Opens the sheet with the sessions; null when they are shown in the sidebar. */
export const SheetContext = createContext<(() => void) | null>(null)
