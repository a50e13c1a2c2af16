import type { CacheSnapshot } from 'virtua'

/** A reader's place in a session: the turn, and the distance below its top. */
export type Place = { turn: string; offset: number }

/** The same for as long as the page is open, with the heights of all rows: it is shown at once. */
type MeasuredPlace = { count: number; offset: number; cache: CacheSnapshot }

const KEY = 'throughline.places'
const MAX_PLACES = 50

const measured = new Map<string, MeasuredPlace>()

/** The scroll position of each session: of this tab, and so also after a reload. */
export const places = {
  measured: (sessionId: string): MeasuredPlace | undefined => measured.get(sessionId),
  stored: (sessionId: string): Place | undefined => read().find(([id]) => id === sessionId)?.[1],
  set(sessionId: string, place: Place, now: MeasuredPlace): void {
    measured.set(sessionId, now)
    write([...without(sessionId), [sessionId, place]])
  },
  /** Forgets the place: without one, a session opens at its newest message. */
  delete(sessionId: string): void {
    measured.delete(sessionId)
    if (this.stored(sessionId)) write(without(sessionId))
  },
}

function without(sessionId: string): [string, Place][] {
  return read().filter(([id]) => id !== sessionId)
}

function read(): [string, Place][] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]')
    return Array.isArray(stored) ? stored.filter(isPlace) : []
  } catch {
    // Storage is blocked, or another program has written to it.
    return []
  }
}

function isPlace(entry: unknown): entry is [string, Place] {
  const [id, place]: unknown[] = Array.isArray(entry) ? entry : []
  const { turn, offset }: Partial<Record<string, unknown>> = Object(place)
  return typeof id === 'string' && typeof turn === 'string' && typeof offset === 'number'
}

function write(entries: [string, Place][]): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(entries.slice(-MAX_PLACES)))
  } catch {
    // It lasts until the page is closed.
  }
}
