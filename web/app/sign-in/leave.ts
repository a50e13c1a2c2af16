import { client } from '../../client.ts'
import { drafts } from '../../features/messages/composer/page-drafts.ts'

/** Leaves everything of a person behind: what is in memory, and what they have typed and not sent. */
export function leaveTo(path: string): void {
  drafts.clear()
  // Until the new page is there, the old one neither asks nor says anything more.
  void client.close()
  location.assign(path)
}
