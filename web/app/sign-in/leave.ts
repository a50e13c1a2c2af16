import { basePath } from '../../base-path.ts'
import { attachments, drafts } from '../../features/messages/composer/page-drafts.ts'
import { dropAnswers } from '../../device/answers.ts'
import { dropSessions } from '../../device/session-cache.ts'
import { person } from '../../person.ts'
import { personStorage } from '../../person-storage.ts'

let isOnItsWay = false

/** Leaves everything of a person behind: what is in memory, and what they have typed and not sent. */
export function leaveTo(path: string): void {
  forget()
  location.assign(basePath + path)
}

/** Forgets what is in memory, and what was typed and not sent; the page is left next. */
export function forget(): void {
  isOnItsWay = true
  const { owner } = personStorage
  drafts.clear()
  attachments.clear()
  personStorage.forget()
  person.leave(owner)
  dropSessions()
  dropAnswers()
}

/** Whether the page is being left: until the new one is there, this one asks for nothing more. */
export function isLeaving(): boolean {
  return isOnItsWay
}
