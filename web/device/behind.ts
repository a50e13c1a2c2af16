import { basePath } from '../base-path.ts'

const KEY = `throughline.behind${basePath}`

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
  try {
    return (localStorage.getItem(KEY) ?? '').split(' ').filter(Boolean)
  } catch {
    // Storage is blocked, and the database with it.
    return []
  }
}

function write(ids: readonly string[]): void {
  try {
    if (ids.length > 0) localStorage.setItem(KEY, ids.join(' '))
    else localStorage.removeItem(KEY)
  } catch {
    // As above.
  }
}
