import { pageValue } from '../../../page-value.ts'

/** The message whose editor was requested from elsewhere, such as by a key in the message box; null when it is open. */
export const editRequests = pageValue<string | null>(() => null)
