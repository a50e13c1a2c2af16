import type { AppSessionState, SessionCache } from '../../shared/client/index.ts'
import { person } from '../person.ts'
import { beyondBounds } from './bounds.ts'
import { behind } from './behind.ts'
import { onDevice, STAMP } from './device.ts'

/** A state is written at most so often, in milliseconds; a long answer changes it many times a second. */
const WRITE_EVERY_MS = 1_500

/** The longest state that is kept, in UTF-16 units of its JSON. */
const LONGEST = 2_000_000

const waiting = new Map<string, { state: AppSessionState; owner: string | null }>()
const timers = new Map<string, ReturnType<typeof setTimeout>>()

/** Keeps the sessions that were opened last. A state and its cursor are written together, so that they always fit. */
export const sessionCache: SessionCache = {
  async read(id) {
    const owner = person.get()
    if (owner === null) return null
    const kept = await onDevice((database) => database.get('sessions', id))
    // Somebody else may have signed in while it was read.
    if (!kept || kept.owner !== owner || kept.stamp !== STAMP || person.get() !== owner) return null
    // Written by this very version, below.
    return JSON.parse(kept.json) as AppSessionState
  },
  isBehind: behind.has,
  write(state) {
    const { id } = state.session
    waiting.set(id, { state, owner: person.here() })
    if (timers.has(id)) return
    timers.set(
      id,
      setTimeout(() => void flush(id), WRITE_EVERY_MS),
    )
  },
  remove(id) {
    drop(id)
    void onDevice(async (database) => {
      await database.delete('sessions', id)
      await database.delete('sizes', id)
    })
  },
}

/** Writes what waits to be written, as when the page is hidden; it may end before that is done. */
export function flushSessions(): void {
  behind.add([...waiting.keys()])
  for (const id of waiting.keys()) void flush(id)
}

/** Discards sessions that wait to be written, because their person has left. */
export function dropSessions(): void {
  for (const id of [...waiting.keys()]) drop(id)
}

function drop(id: string): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  waiting.delete(id)
}

async function flush(id: string): Promise<void> {
  const kept = waiting.get(id)
  drop(id)
  if (kept === undefined) return
  const { state } = kept
  // Data that arrived before the server named the person belongs to the same person.
  const owner = kept.owner ?? person.here()
  if (owner === null) return
  const json = JSON.stringify(state)
  if (json.length > LONGEST) return
  await onDevice(async (database) => {
    const transaction = database.transaction(['sessions', 'sizes'], 'readwrite')
    const [sessions, sizes] = [
      transaction.objectStore('sessions'),
      transaction.objectStore('sizes'),
    ]
    void sessions.put({ id, owner, stamp: STAMP, json })
    void sizes.put({ id, at: Date.now(), length: json.length })
    for (const old of beyondBounds(await sizes.getAll())) {
      void sessions.delete(old)
      void sizes.delete(old)
    }
    await transaction.done
    behind.remove(id)
  })
}
