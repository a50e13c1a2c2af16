const KEY = 'throughline.person'

/** A browser may block storage. */
function storage(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}

/**
 * The id of the person whose things this browser keeps; null when there is none. It is known before the server answers,
 * and holds until somebody signs out or somebody else comes.
 */
export const person = {
  get: (): string | null => storage()?.getItem(KEY) ?? null,
  set(id: string | null): void {
    try {
      if (id === null) storage()?.removeItem(KEY)
      else storage()?.setItem(KEY, id)
    } catch {
      // Storage is full: this person is asked for again.
    }
  },
}
