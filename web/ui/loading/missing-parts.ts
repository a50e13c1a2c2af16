import { Listeners } from '../../../shared/client/store.ts'

const missing = new Set<object>()
const listeners = new Listeners()

/** Parts of the app that could not be loaded although the server answers. */
export const missingParts = {
  subscribe: listeners.add,
  areThere: (): boolean => missing.size > 0,
  add(part: object): void {
    missing.add(part)
    listeners.notify()
  },
  remove(part: object): void {
    if (missing.delete(part)) listeners.notify()
  },
}
