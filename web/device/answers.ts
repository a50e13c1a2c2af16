import type { QueryClient } from '@tanstack/react-query'
import { person } from '../person.ts'
import { onDevice, STAMP } from './device.ts'

/** The queries that every page needs: the person, and the list of sessions. */
const KEPT = new Set([
  'auth.options',
  'me',
  'sessions.list',
  'sessions.tags',
  'projects.list',
  'health',
])

const WRITE_AFTER_MS = 1_000

const timers = new Map<string, ReturnType<typeof setTimeout>>()

/** Discards answers that wait to be written, because their person has left. */
export function dropAnswers(): void {
  for (const timer of timers.values()) clearTimeout(timer)
  timers.clear()
}

/** Keeps the answers to a few queries on the device, and gives them to the page before the server answers. */
export async function keepAnswers(queries: QueryClient, device = onDevice): Promise<void> {
  queries.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || event.action.type !== 'success') return
    const { queryHash: key, queryKey, state } = event.query
    if (!isKept(queryKey)) return
    const before = person.here()
    clearTimeout(timers.get(key))
    const write = (): void => {
      // Data that arrived before the server named the person belongs to the same person.
      const owner = before ?? person.here()
      if (owner === null) return
      const json = JSON.stringify({ queryKey, data: state.data })
      void device((database) => database.put('answers', { key, owner, stamp: STAMP, json }))
    }
    timers.set(key, setTimeout(write, WRITE_AFTER_MS))
  })

  const owner = person.get()
  if (owner === null) return
  const kept = await device((database) => database.getAll('answers'))
  for (const { json, ...row } of kept ?? []) {
    if (row.owner !== owner || row.stamp !== STAMP || person.get() !== owner) continue
    // Written by this very version, above.
    const { queryKey, data } = JSON.parse(json) as { queryKey: readonly unknown[]; data: unknown }
    if (queries.getQueryData(queryKey) !== undefined) continue
    queries.setQueryData(queryKey, data)
    // The kept answer may be out of date, so the server is asked as well.
    void queries.invalidateQueries({ queryKey, exact: true })
  }
}

/** A query's key begins with the path of its procedure. */
function isKept([path]: readonly unknown[]): boolean {
  return KEPT.has(Array.isArray(path) ? path.join('.') : String(path))
}
