import { personStorage } from './person-storage.ts'

const KEY = 'guest'

/** Whether the person of this browser is a guest, who may become one of the server's people. */
export const guest = {
  is: (): boolean => personStorage.getItem(KEY) !== null,
  note(): void {
    try {
      personStorage.setItem(KEY, 'yes')
    } catch {
      // Storage is blocked: there is nothing in it to take along.
    }
  },
  end: (): void => personStorage.removeItem(KEY),
}
