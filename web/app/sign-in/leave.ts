import { basePath } from '../../base-path.ts'
import { attachments, drafts } from '../../features/messages/composer/drafts/page-drafts.ts'
import { dropAnswers } from '../../device/answers.ts'
import { dropSessions } from '../../device/session-cache.ts'
import { person } from '../../person.ts'
import { personStorage } from '../../person-storage.ts'
import { pageValue } from '../../page-value.ts'

const isLeaving = pageValue(() => false)

/** Leaves everything of a person behind: what is in memory, and what they have typed and not sent. */
export function leaveTo(path: string): void {
  forget()
  location.assign(basePath + path)
}

/** Forgets what is in memory, and what was typed and not sent; the page is left next. */
export function forget(): void {
  isLeaving.set(true)
  const { owner } = personStorage
  drafts.clear()
  attachments.clear()
  personStorage.forget()
  person.leave(owner)
  dropSessions()
  dropAnswers()
}

/**
 * Ends the login by `ask`. The server may close its connections before it answers: nobody is asked to sign in again then.
 */
export async function whileLeaving(ask: () => Promise<unknown>): Promise<void> {
  isLeaving.set(true)
  try {
    await ask()
  } catch (error) {
    isLeaving.set(false)
    throw error
  }
}

/** True while the person leaves, and while the browser goes to another page: this one sends no more requests until then. */
export const leaving = {
  get: isLeaving.get,
  subscribe: isLeaving.subscribe,
}
