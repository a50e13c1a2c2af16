import { askAuth } from '../../auth.ts'
import { leaveForGood } from './leave-for-good.ts'
import { whileLeaving } from './leave.ts'

/** Ends the login and leaves the page. Messages that wait for the connection are lost: ask before (`UnsentDialog`). */
export async function signOut(): Promise<void> {
  await whileLeaving(() => askAuth('/sign-out', {}))
  await leaveForGood()
}
