const missing = new Set<object>()
const listeners = new Set<() => void>()

/** Parts of the app that could not be loaded although the server answers. */
export const missingParts = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  areThere: (): boolean => missing.size > 0,
  add(part: object): void {
    missing.add(part)
    notify()
  },
  remove(part: object): void {
    if (missing.delete(part)) notify()
  },
}

function notify(): void {
  for (const listener of listeners) listener()
}
