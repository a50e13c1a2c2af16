import { basePath } from '../../base-path.ts'
import { client } from '../../client.ts'
import { attachments, drafts } from '../../features/messages/composer/page-drafts.ts'
import { clearDevice } from '../../device/device.ts'
import { dropSessions } from '../../device/session-cache.ts'
import { person } from '../../person.ts'

let isOnItsWay = false

/** Leaves everything of a person behind: what is in memory, and what they have typed and not sent. */
export function leaveTo(path: string): void {
  drafts.clear()
  attachments.clear()
  person.set(null)
  dropSessions()
  isOnItsWay = true
  location.assign(basePath + path)
}

/** Forgets also what this browser keeps for when that person comes back. */
export async function leaveForGood(): Promise<void> {
  await Promise.all([client.outbox.clear(), clearDevice(), forgetPush()])
  leaveTo('/')
}

/** Whoever signs in next is not told of this person's sessions. */
async function forgetPush(): Promise<void> {
  const { stopPush } = await import('../../features/attention/push.ts')
  await stopPush().catch(() => undefined)
}

/** Whether the page is being left: until the new one is there, this one asks for nothing more. */
export function isLeaving(): boolean {
  return isOnItsWay
}
