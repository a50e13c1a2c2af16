import { basePath } from '../../base-path.ts'
import { attachments, drafts } from '../../features/messages/composer/drafts/page-drafts.ts'
import { dropAnswers } from '../../device/answers.ts'
import { sessionCache } from '../../device/session-cache.ts'
import { person } from '../../person.ts'
import { personStorage } from '../../person-storage.ts'
import { pageValue } from '../../page-value.ts'

const isLeaving = pageValue(() => false)

/** Forgets all data of a person, in memory and unsent, and goes to another page. */
export function leaveTo(path: string): void {
  forget()
  location.assign(basePath + path)
}

/** Forgets the person's data in memory and their unsent texts. The caller then leaves the page. */
export function forget(): void {
  isLeaving.set(true)
  const { owner } = personStorage
  drafts.clear()
  attachments.clear()
  personStorage.forget()
  person.leave(owner)
  sessionCache.dropAll()
  dropAnswers()
}

/**
 * Ends the login by `ask`. The server may close connections before it answers, and that must not open the sign-in
 * dialog.
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

/** True during a sign-out and until the browser has left the page. The page sends no more requests then. */
export const leaving = {
  get: isLeaving.get,
  subscribe: isLeaving.subscribe,
}
