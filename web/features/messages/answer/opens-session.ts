import { createContext } from 'react'

/** Goes to a session that was made from this one. The page provides it. */
export const OpenSessionContext = createContext<((id: string) => void) | null>(null)
