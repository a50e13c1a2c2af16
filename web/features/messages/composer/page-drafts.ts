import { Attachments } from './attachments.ts'
import { upload } from './upload.ts'
import { Drafts } from './drafts.ts'
import type { DraftStorage } from './draft-storage.ts'

/** A browser may block storage; drafts then last until the page is closed. */
function pageStorage(): DraftStorage {
  try {
    return window.localStorage
  } catch {
    return {
      getItem: () => null,
      setItem: () => {},
      removeItem: () => {},
      key: () => null,
      length: 0,
    }
  }
}

/** The drafts of this browser. */
export const drafts = new Drafts(pageStorage())

/** The files beside them. */
export const attachments = new Attachments(pageStorage(), upload)

addEventListener('pagehide', () => drafts.save())
