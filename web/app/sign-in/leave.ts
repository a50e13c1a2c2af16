import { basePath } from '../../base-path.ts'
import { client } from '../../client.ts'
import { attachments, drafts } from '../../features/messages/composer/page-drafts.ts'
import { dropAnswers } from '../../device/answers.ts'
import { clearDevice } from '../../device/device.ts'
import { dropSessions } from '../../device/session-cache.ts'
import { person } from '../../person.ts'
import { personStorage } from '../../person-storage.ts'
import { inTime } from './in-time.ts'

/** Longer than this nothing keeps a person from leaving. Milliseconds. */
const PATIENCE_MS = 2_000

let isOnItsWay = false

/** Leaves everything of a person behind: what is in memory, and what they have typed and not sent. */
export function leaveTo(path: string): void {
  forget()
  location.assign(basePath + path)
}

/** Forgets also what this browser keeps for when that person comes back. */
export async function leaveForGood(): Promise<void> {
  forget()
  await inTime(PATIENCE_MS, [client.outbox.clear(), clearDevice(), forgetPush()])
  location.assign(`${basePath}/`)
}

function forget(): void {
  isOnItsWay = true
  const { owner } = personStorage
  drafts.clear()
  attachments.clear()
  personStorage.forget()
  person.leave(owner)
  dropSessions()
  dropAnswers()
}

/**
 * Whoever signs in next is not told of this person's sessions. The server is not asked: it has forgotten the device with
 * the login, and what is asked for by nobody waits until somebody signs in.
 */
async function forgetPush(): Promise<void> {
  const { endPush } = await import('../../features/attention/push.ts')
  await endPush()
}

/** Whether the page is being left: until the new one is there, this one asks for nothing more. */
export function isLeaving(): boolean {
  return isOnItsWay
}
