import { Drafts } from './drafts.ts'
import type { DraftStorage } from './drafts.ts'

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

addEventListener('pagehide', () => drafts.save())
