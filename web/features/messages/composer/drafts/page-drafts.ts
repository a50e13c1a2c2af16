import { personStorage } from '../../../../person-storage.ts'
import { Attachments } from '../attachments/attachments.ts'
import { Beginnings } from './beginnings.ts'
import { upload } from '../attachments/upload.ts'
import { Drafts } from './drafts.ts'

/** The drafts of the person who is here. */
export const drafts = new Drafts(personStorage)

/** The files beside them. */
export const attachments = new Attachments(personStorage, upload)

/** And how the sessions begin that they are for. */
export const beginnings = new Beginnings(drafts, attachments)

function reread(key: string | null): void {
  drafts.reread(key)
  attachments.reread(key)
}

addEventListener('pagehide', () => drafts.save())
personStorage.onOwner(() => {
  drafts.ownerKnown()
  attachments.reread(null)
})
// Another tab of the same person has changed it.
addEventListener('storage', ({ key }) => {
  const own = key === null ? null : personStorage.keyOf(key)
  if (own !== null) reread(own)
})
// A page that the browser restores from its memory has missed the changes of other tabs.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) reread(null)
})
