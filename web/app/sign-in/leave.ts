import { basePath } from '../../base-path.ts'
import { attachments, drafts } from '../../features/messages/composer/page-drafts.ts'

let isOnItsWay = false

/** Leaves everything of a person behind: what is in memory, and what they have typed and not sent. */
export function leaveTo(path: string): void {
  drafts.clear()
  attachments.clear()
  isOnItsWay = true
  location.assign(basePath + path)
}

/** Whether the page is being left: until the new one is there, this one asks for nothing more. */
export function isLeaving(): boolean {
  return isOnItsWay
}
