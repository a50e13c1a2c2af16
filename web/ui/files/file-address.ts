import { createContext } from 'react'
import { basePath } from '../../base-path.ts'

/** Makes the addresses of files' bytes; a shared page has addresses of its own. */
export const FileAddress = createContext((id: string): string => `${basePath}/api/files/${id}`)
