import { drafts } from '../../features/messages/composer/page-drafts.ts'

/** Leaves everything of a person behind: what is in memory, and what they have typed and not sent. */
export function leaveTo(path: string): void {
  drafts.clear()
  location.assign(path)
}
