import { basePath } from '../../base-path.ts'
import { client } from '../../client.ts'
import { endPush } from '../../features/attention/push.ts'
import { clearDevice } from '../../device/device.ts'
import { PUSH_TEXTS } from '../../language/push-texts-place.ts'
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
  // Also which sessions the worker told of; the next page keeps its texts there anew.
  const endTelling = globalThis.caches?.delete(PUSH_TEXTS.cache + basePath)
  await inTime(PATIENCE_MS, [client.outbox.clear(), clearDevice(), endPush(), endTelling])
  location.assign(`${basePath}/`)
}
