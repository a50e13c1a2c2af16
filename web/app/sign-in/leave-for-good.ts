import { basePath } from '../../base-path.ts'
import { client } from '../../client.ts'
import { endPush } from '../../features/attention/push.ts'
import { clearDevice } from '../../device/device.ts'
import { inTime } from './in-time.ts'
import { forget } from './leave.ts'

/** Longer than this nothing keeps a person from leaving. Milliseconds. */
const PATIENCE_MS = 2_000

/**
 * Leaves, and forgets also what this browser keeps for when that person comes back. Whoever signs in next is not told of
 * this person's sessions: push ends in this browser. The server is not asked, for it has forgotten the device with the
 * login, and what nobody asks for waits until somebody signs in.
 */
export async function leaveForGood(): Promise<void> {
  forget()
  await inTime(PATIENCE_MS, [client.outbox.clear(), clearDevice(), endPush()])
  location.assign(`${basePath}/`)
}
