import type { LoggedEvent } from '../../../shared/contract/events.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { CommittedEvent } from '../events.ts'
import type { LiveOutlet } from './live-outlet.ts'
import { wholesOf } from './ready.ts'

/** Events of one session that are kept at the most, and what they may weigh. */
const REMEMBERED_EVENTS = 512
const REMEMBERED_WEIGHT = 4 * 1024 * 1024
/** What may be handed to a reader before it is asked whether it has room for more. */
const SLICE_WEIGHT = 64 * 1024

/** A waiting reader, with the outlet that may take events for it meanwhile. */
type Waiting = { live: LiveOutlet | undefined; wake: (after: number) => void }

/** One session's newest events on this node, and the readers that wait for more. */
export class Topic {
  readers = 0
  closed = false
  /** The `seq` up to which this node knows the log; null before the first reader has read. */
  known: number | null = null
  /** Everything that the log has after `#after`, up to `known`. */
  #events: CommittedEvent[] = []
  #after = Number.POSITIVE_INFINITY
  #weight = 0
  /** The newest `seq` in a notification that arrived before this node knew the log. */
  #heardOf = 0
  /** The last list that was asked for: readers that are up to date all ask for the same. */
  #asked: { after: number; events: readonly CommittedEvent[] } | null = null
  /** Those whose outlet can be given what follows on `known`. */
  readonly #live = new Set<Waiting & { live: LiveOutlet }>()
  readonly #waiting = new Set<Waiting & { after: number }>()

  push(events: readonly CommittedEvent[]): void {
    const first = events[0]
    if (first && !this.receive(events, first.seq - 1)) {
      // Another node wrote before: readers that lack it read it from the database.
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

  /** Forgets the older half. */
  #forget(): void {
    const kept = Math.min(this.#events.length, REMEMBERED_EVENTS) >> 1
    const dropped = this.#events.splice(0, this.#events.length - kept)
    this.#after = dropped.at(-1)?.seq ?? this.#after
    this.#weight = weightOf(this.#events)
  }

  reached(seq: number): void {
    // A notification during the reading may be about later events; then the reader reads again.
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

  /** Registers a reader that waits repeatedly. It listens to the signal once, not for each event. */
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

  /** Returns a function that ends the waiting. */
  #add(after: number, live: LiveOutlet | undefined, wake: Waiting['wake']): () => void {
    if (live && after === this.known) {
      const one = { live, wake }
      this.#live.add(one)
      return () => {
        if (this.#live.delete(one)) {
          wake(this.known ?? after)
        }
      }
    }
    const one = { after, live, wake }
    this.#waiting.add(one)
    return () => {
      if (this.#waiting.delete(one)) {
        wake(after)
      }
    }
  }

  /** Hands events that follow on `known` to those who are up to date, and gives those back who cannot take them. */
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

  /** Those who were up to date with `known` read on by themselves. */
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

/** About as many bytes as they are. What a tool says is not measured, but taken for large. */
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

/** Neighbours together, so that a slice ends with what fills it. */
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
