import { basePath } from './base-path.ts'

const KEY = `throughline.person${basePath}`

/** A browser may block storage. */
function storage(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}

/** Whom the server knows on this page. */
let here: string | null = null
let isOther = false
const listeners = new Set<() => void>()

/**
 * The id of the person whose things this browser keeps; null when there is none. It is known before the server answers,
 * and holds until somebody signs out or somebody else comes.
 */
export const person = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): string | null => storage()?.getItem(KEY) ?? null,
  /** Whose things this page has, which is what it may keep; null before the server has said it. */
  here: (): string | null => here,
  set(id: string | null): void {
    here = id
    try {
      if (id === null) storage()?.removeItem(KEY)
      else storage()?.setItem(KEY, id)
    } catch {
      // Storage is full: this person is asked for again.
    }
  },
  /** Whether the server has said that it is somebody else than the one whose things are on this page. */
  isOther: (): boolean => isOther,
  /** Keeps nothing more: what is on this page is one person's, and what the server says is another's. */
  meetOther(): void {
    here = null
    isOther = true
    for (const listener of listeners) listener()
  },
  /** This person leaves; another who is here by now, in another tab, stays. */
  leave(id: string | null): void {
    here = null
    if (id === null || person.get() === id) person.set(null)
  },
}
