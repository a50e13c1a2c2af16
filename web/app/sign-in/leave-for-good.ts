import { basePath } from '../../base-path.ts'
import { client } from '../../client.ts'
import { endPush } from '../../features/attention/push.ts'
import { clearDevice } from '../../device/device.ts'
import { PUSH_TEXTS } from '../../language/push-texts-place.ts'
import { inTime } from './in-time.ts'
import { forget } from './leave.ts'

/** The longest that a sign-out waits for the steps before it. Milliseconds. */
const PATIENCE_MS = 2_000

/**
 * Signs out, and deletes also what this browser keeps for the person's return. Push ends in this browser, so that the
 * next person gets no notifications about these sessions. The server is not asked to end it: it has forgotten the
 * device together with the login, and a request would wait until somebody signs in.
 */
export async function leaveForGood(): Promise<void> {
  forget()
  // This also deletes the worker's record of its notifications. The next page stores its texts there again.
  const endTelling = globalThis.caches?.delete(PUSH_TEXTS.cache + basePath)
  await inTime(PATIENCE_MS, [client.outbox.clear(), clearDevice(), endPush(), endTelling])
  location.assign(`${basePath}/`)
}
