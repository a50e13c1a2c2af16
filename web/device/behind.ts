import { personStorage } from '../person-storage.ts'

const KEY = 'behind'

/**
 * The sessions of which this browser showed more than it keeps: a database cannot be written while a page ends, and this
 * can.
 */
export const behind = {
  has: (id: string): boolean => read().includes(id),
  add(ids: readonly string[]): void {
    if (ids.length > 0) write([...new Set([...read(), ...ids])])
  },
  remove(id: string): void {
    const ids = read()
    if (ids.includes(id)) write(ids.filter((other) => other !== id))
  },
}

function read(): string[] {
  return (personStorage.getItem(KEY) ?? '').split(' ').filter(Boolean)
}

function write(ids: readonly string[]): void {
  try {
    if (ids.length > 0) personStorage.setItem(KEY, ids.join(' '))
    else personStorage.removeItem(KEY)
  } catch {
    // Storage is blocked, and the database with it; or no person is known to keep it for.
  }
}
