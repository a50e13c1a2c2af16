import { basePath } from './base-path.ts'
import { pageValue } from './page-value.ts'

const KEY = `throughline.person${basePath}`

/** A browser may block storage. */
function storage(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}

/** The person whom the server has named to this page. */
let here: string | null = null
const isOther = pageValue(() => false)

/**
 * The id of the person whose data this browser stores; null when there is none. It is known before the server answers,
 * and stays until the person signs out or another one signs in.
 */
export const person = {
  subscribe: isOther.subscribe,
  get: (): string | null => storage()?.getItem(KEY) ?? null,
  /** The person whose data is on this page, and may be stored; null before the server has named one. */
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
  /** True once the server has named another person than the one whose data is on this page. */
  isOther: isOther.get,
  /** Stores nothing from now on: the page has one person's data, and the server sends another's. */
  meetOther(): void {
    here = null
    isOther.set(true)
  },
  /** This person leaves; another who is here by now, in another tab, stays. */
  leave(id: string | null): void {
    here = null
    if (id === null || person.get() === id) person.set(null)
  },
}
