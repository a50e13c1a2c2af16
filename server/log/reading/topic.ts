import type { LoggedEvent } from '../../../shared/contract/events.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { CommittedEvent } from '../events.ts'
import type { LiveOutlet } from './live-outlet.ts'
import { wholesOf } from './ready.ts'

/** The most events of one session that are remembered, and the most that they may weigh (see `weightOf`). */
const REMEMBERED_EVENTS = 512
const REMEMBERED_WEIGHT = 4 * 1024 * 1024
/** The most that a reader gets at once before its connection is asked for room. */
const SLICE_WEIGHT = 64 * 1024

/** A waiting reader, with the outlet that may take events directly meanwhile. */
type Waiting = { live: LiveOutlet | undefined; wake: (after: number) => void }

/** One session's newest events on this node, and the readers that wait for more. */
export class Topic {
  readers = 0
  closed = false
  /** The `seq` up to which this node knows the log; null before the first reader has read. */
  known: number | null = null
  /** All events after `#after`, up to `known`. */
  #events: CommittedEvent[] = []
  #after = Number.POSITIVE_INFINITY
  #weight = 0
  /** The newest `seq` of a notification that arrived before this node had read the log. */
  #heardOf = 0
  /** The list that was asked for last: readers that are up to date all ask for the same one. */
  #asked: { after: number; events: readonly CommittedEvent[] } | null = null
  /** Waiting readers whose outlet can take the events after `known`. */
  readonly #live = new Set<Waiting & { live: LiveOutlet }>()
  readonly #waiting = new Set<Waiting & { after: number }>()

  push(events: readonly CommittedEvent[]): void {
    const first = events[0]
    if (first && !this.receive(events, first.seq - 1)) {
      // Another node wrote events before these: readers that lack them read from the database.
      this.#giveBack()
      this.#events = [...events]
      this.#weight = weightOf(events)
      this.#after = first.seq - 1
      this.known = events.at(-1)?.seq ?? this.known
      this.#wake()
    }
  }

  receive(events: readonly CommittedEvent[], after: number): boolean {
    const known = this.known
    if (known === null) {
      this.#heardOf = Math.max(this.#heardOf, events.at(-1)?.seq ?? 0)
      return false
    }
    if (after > known) {
      return false
    }
    const fresh = events.filter(({ seq }) => seq > known)
    if (fresh.length > 0) {
      this.#events.push(...fresh)
      this.#weight += weightOf(fresh)
      this.#deliver(fresh)
      this.known = fresh.at(-1)?.seq ?? known
      if (this.#events.length > REMEMBERED_EVENTS || this.#weight > REMEMBERED_WEIGHT) {
        this.#forget()
      }
      this.#wake()
    }
    return true
  }

  /** Drops the older half of the remembered events. */
  #forget(): void {
    const kept = Math.min(this.#events.length, REMEMBERED_EVENTS) >> 1
    const dropped = this.#events.splice(0, this.#events.length - kept)
    this.#after = dropped.at(-1)?.seq ?? this.#after
    this.#weight = weightOf(this.#events)
  }

  reached(seq: number): void {
    // A notification during the reading may be about later events. Then the reader reads again.
    if (seq >= this.#heardOf && (this.known === null || seq > this.known)) {
      this.#giveBack()
      this.known = seq
      this.#events = []
      this.#weight = 0
      this.#after = seq
      this.#wake()
    }
  }

  close(): void {
    this.closed = true
    this.#giveBack()
    this.#wake()
  }

  since(after: number): readonly CommittedEvent[] | null {
    if (after < this.#after) {
      return null
    }
    if (this.#asked?.after !== after) {
      const from = this.#events.findLastIndex(({ seq }) => seq <= after) + 1
      this.#asked = { after, events: this.#events.slice(from) }
    }
    return this.#asked.events
  }

  /** Registers a reader that waits repeatedly. It listens to the signal once, not once for each event. */
  listen(signal: AbortSignal): Listener & Disposable {
    let leave = NOTHING
    const aborted = (): void => leave()
    signal.addEventListener('abort', aborted, { once: true })
    return {
      changed: (after, live) => {
        if (signal.aborted || this.closed || Math.max(this.known ?? 0, this.#heardOf) > after) {
          return Promise.resolve(after)
        }
        return new Promise((resolve) => {
          leave = this.#add(after, live, resolve)
        })
      },
      [Symbol.dispose]: () => {
        signal.removeEventListener('abort', aborted)
        leave()
      },
    }
  }

  /** Returns a function that ends the waiting; without effect once it has ended. */
  #add(after: number, live: LiveOutlet | undefined, wake: Waiting['wake']): () => void {
    if (live && after === this.known) {
      const one = { live, wake }
      this.#live.add(one)
      return () => {
        this.#live.delete(one)
        wake(this.known ?? after)
      }
    }
    const one = { after, live, wake }
    this.#waiting.add(one)
    return () => {
      this.#waiting.delete(one)
      wake(after)
    }
  }

  /**
   * Gives the events after `known` to the outlets of readers that are up to date, and wakes those whose outlet is full.
   */
  #deliver(fresh: readonly CommittedEvent[]): void {
    if (this.#live.size === 0) {
      return
    }
    const wholes = wholesOf(fresh)
    if (wholes === null) {
      this.#giveBack()
      return
    }
    const slices = slicesOf(wholes)
    for (const one of this.#live) {
      let sent = this.known ?? 0
      for (const slice of slices) {
        if (one.live.full) {
          this.#live.delete(one)
          one.wake(sent)
          break
        }
        one.live.send(slice)
        sent = slice.at(-1)?.seq ?? sent
      }
    }
  }

  /** Wakes the readers with an outlet, so that they go on by their iterators. */
  #giveBack(): void {
    const given = [...this.#live]
    this.#live.clear()
    for (const { wake } of given) {
      wake(this.known ?? 0)
    }
  }

  #wake(): void {
    this.#asked = null
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const { wake, after } of waiting) {
      wake(after)
    }
  }
}

/** The approximate size in bytes. The results of tools are not measured; they count as large. */
function weightOf(
  events: readonly { event: CommittedEvent['event'] | LoggedEvent['event'] }[],
): number {
  let weight = 0
  for (const { event } of events) {
    if (event.type === 'chunk') weight += event.text.length
    else if (event.type === 'tool') weight += SLICE_WEIGHT
    else if (event.type === 'message') weight += weightOfParts(event.message.parts)
  }
  return weight
}

function weightOfParts(parts: Message['parts']): number {
  let weight = 0
  for (const part of parts) {
    if (part.type === 'tool') weight += SLICE_WEIGHT
    else if (part.type !== 'file') weight += part.text.length
  }
  return weight
}

/** Groups neighbouring events into slices; an event that fills a slice ends it. */
function slicesOf(events: readonly LoggedEvent[]): (readonly LoggedEvent[])[] {
  if (events.length === 1 || weightOf(events) < SLICE_WEIGHT) return [events]
  const slices: LoggedEvent[][] = [[]]
  let weight = 0
  for (const event of events) {
    if (weight >= SLICE_WEIGHT) {
      slices.push([])
      weight = 0
    }
    slices.at(-1)?.push(event)
    weight += weightOf([event])
  }
  return slices
}

type Listener = { changed(after: number, live?: LiveOutlet): Promise<number> }

const NOTHING = (): void => undefined
