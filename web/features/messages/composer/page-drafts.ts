import { Drafts } from './drafts.ts'

/** A browser may block storage; drafts then last until the page is closed. */
function pageStorage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    return window.localStorage
  } catch {
    return { getItem: () => null, setItem: () => {}, removeItem: () => {} }
  }
}

/** The drafts of this browser. */
export const drafts = new Drafts(pageStorage())

addEventListener('pagehide', () => drafts.save())
