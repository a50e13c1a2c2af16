import type { AppSessionState, SessionCache } from '../../shared/client/index.ts'
import { person } from '../person.ts'
import { beyondBounds } from './bounds.ts'
import { behind } from './behind.ts'
import { onDevice, STAMP } from './device.ts'

/** A state is written at most so often, in milliseconds; a long answer changes it many times a second. */
const WRITE_EVERY_MS = 1_500

/** The longest state that is kept, in UTF-16 units of its JSON. */
const LONGEST = 2_000_000

/** Keeps the sessions that were opened last. A state and its cursor are written together, so that they always fit. */
export class DeviceSessions implements SessionCache {
  readonly #use: typeof onDevice
  readonly #marks: typeof behind
  readonly #waiting = new Map<string, { state: AppSessionState; owner: string | null }>()
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  /** The newest write of each session that is under way. */
  readonly #writing = new Map<string, symbol>()

  /**
   * @param use gives the browser's database
   * @param marks of the sessions whose copy is older than what was shown
   */
  constructor(use: typeof onDevice, marks: typeof behind) {
    this.#use = use
    this.#marks = marks
  }

  async read(id: string): Promise<AppSessionState | null> {
    const owner = person.get()
    if (owner === null) return null
    const kept = await this.#use((database) => database.get('sessions', id))
    // Somebody else may have signed in while it was read.
    if (!kept || kept.owner !== owner || kept.stamp !== STAMP || person.get() !== owner) return null
    // Written by this very version, below.
    return JSON.parse(kept.json) as AppSessionState
  }

  isBehind(id: string): boolean {
    return this.#marks.has(id)
  }

  write(state: AppSessionState): void {
    const { id } = state.session
    this.#waiting.set(id, { state, owner: person.here() })
    if (this.#timers.has(id)) return
    this.#timers.set(
      id,
      setTimeout(() => void this.#write(id), WRITE_EVERY_MS),
    )
  }

  remove(id: string): void {
    this.#drop(id)
    void this.#use(async (database) => {
      await database.delete('sessions', id)
      await database.delete('sizes', id)
    })
  }

  /** Writes what waits to be written, as when the page is hidden; it may end before that is done. */
  flush(): void {
    this.#marks.add([...this.#waiting.keys()])
    for (const id of this.#waiting.keys()) void this.#write(id)
  }

  /** Discards sessions that wait to be written, because their person has left. */
  dropAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#drop(id)
  }

  #drop(id: string): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    this.#waiting.delete(id)
  }

  async #write(id: string): Promise<void> {
    const kept = this.#waiting.get(id)
    this.#drop(id)
    if (kept === undefined) return
    const { state } = kept
    // Data that arrived before the server named the person belongs to the same person.
    const owner = kept.owner ?? person.here()
    if (owner === null) return
    const json = JSON.stringify(state)
    if (json.length > LONGEST) return
    const own = Symbol(id)
    this.#writing.set(id, own)
    await this.#use(async (database) => {
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
      // The mark of a page that is about to end may be about a later write, which may not get done.
      if (this.#writing.get(id) === own) this.#marks.remove(id)
    })
    if (this.#writing.get(id) === own) this.#writing.delete(id)
  }
}

export const sessionCache = new DeviceSessions(onDevice, behind)
