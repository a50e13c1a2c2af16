import { createContext } from 'react'

/** Shows the sessions, in a sheet on narrow screens; null when they are shown in the sidebar. */
export const SheetContext = createContext<(() => void) | null>(null)
