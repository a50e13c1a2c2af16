import type { ChunkEvent } from '../../../shared/contract/events.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { joinChunks } from '../../../shared/session/merge.ts'
import { splitChunk } from '../../../shared/session/split.ts'
import type { SequencedEvent } from './sequenced-events.ts'

/** The attempt that writes for a run. After a takeover an older attempt can write nothing more. */
export type RunHold = { runId: RunId; attempt: number }

export type PendingChunk = { hold: RunHold; chunk: ChunkEvent }

/** A commit whose answer was lost, and which was not found then: the database may carry it out later. */
export type UnclearCommit = { chunks: readonly PendingChunk[]; placed: readonly SequencedEvent[] }

/**
 * The chunks of one session that wait to be committed, and a lock: a batch of chunks and an `append` never write at the
 * same time.
 */
export class PendingLog {
  readonly sessionId: SessionId
  /** The `seq` of the newest event, as far as this node knows; null when it has to be read. */
  head: number | null = null
  /**
   * Their text waits here again. They are looked for whenever `head` was read, before anything is placed behind it. Of
   * several the database can carry out one.
   */
  unclear: readonly UnclearCommit[] = []
  /**
   * The attempt of each run that was found to be this node's after `head` was read. A node that takes one over writes
   * behind `head`, so that the next commit here collides. It needs no new check as long as `head` stays known, unless
   * this very node begins another attempt or ends the run.
   */
  readonly #trusted = new Map<RunId, number>()
  #chunks: PendingChunk[] = []
  /** UTF-16 units that are not committed, including those of a commit that is going on. */
  #length = 0
  #locked = false
  #turns: PromiseWithResolvers<void>[] = []

  constructor(sessionId: SessionId) {
    this.sessionId = sessionId
  }

  get locked(): boolean {
    return this.#locked
  }

  get length(): number {
    return this.#length
  }

  get empty(): boolean {
    return this.#chunks.length === 0
  }

  get waiting(): readonly PendingChunk[] {
    return this.#chunks
  }

  /** True when no chunks wait and nobody writes. */
  get idle(): boolean {
    return !this.#locked && this.#chunks.length === 0
  }

  /** Another node may have written: the head is read again, and each run is checked again. */
  forgetHead(): void {
    this.head = null
    this.#trusted.clear()
  }

  trusts(hold: RunHold): boolean {
    return this.#trusted.get(hold.runId) === hold.attempt
  }

  /** Records that a run was found to be this node's after `head` was read. */
  trust(hold: RunHold): void {
    if (this.#trusted.size >= TRUSTED_ATTEMPTS) {
      this.#trusted.clear()
    }
    this.#trusted.set(hold.runId, hold.attempt)
  }

  /** The run has ended here: what comes of it still is checked again. */
  distrust(runId: RunId): void {
    this.#trusted.delete(runId)
  }

  /** Adds text. Text that follows directly on the last chunk is merged into it, up to a length. */
  push(hold: RunHold, chunk: ChunkEvent): void {
    this.#length += chunk.text.length
    for (const piece of splitChunk(chunk, LONGEST_CHUNK)) {
      const last = this.#chunks.at(-1)
      const joined =
        last?.hold.runId === hold.runId &&
        last.hold.attempt === hold.attempt &&
        !this.#isPlaced(last)
          ? joinChunks(last.chunk, piece, LONGEST_CHUNK)
          : null
      if (last && joined) {
        last.chunk = joined
      } else {
        this.#chunks.push({ hold, chunk: piece })
      }
    }
  }

  /** Such a chunk may be stored as it is. */
  #isPlaced(chunk: PendingChunk): boolean {
    return this.unclear.some(({ chunks }) => chunks.includes(chunk))
  }

  /** Takes out all waiting chunks; `putBack` returns those that were not committed. */
  take(): PendingChunk[] {
    const taken = this.#chunks
    this.#chunks = []
    return taken
  }

  putBack(chunks: readonly PendingChunk[]): void {
    this.#chunks = [...chunks, ...this.#chunks]
  }

  /** Frees the room of chunks that were committed or dropped. */
  settle(chunks: readonly PendingChunk[]): void {
    this.#length -= lengthOf(chunks)
  }

  /** @param upTo the last attempt whose text is dropped, because this node may drive a later one; all when absent */
  drop(runId: RunId, upTo = Number.POSITIVE_INFINITY): void {
    const goes = ({ hold }: PendingChunk) => hold.runId === runId && hold.attempt <= upTo
    this.settle(this.#chunks.filter(goes))
    this.#chunks = this.#chunks.filter((chunk) => !goes(chunk))
  }

  /** Takes the lock if it is free. */
  tryLock(): boolean {
    const free = !this.#locked
    this.#locked = true
    return free
  }

  /**
   * Waits for the lock.
   *
   * @throws the error that keeps its holder from writing
   */
  async lock(): Promise<void> {
    if (!this.tryLock()) {
      const turn = Promise.withResolvers<void>()
      this.#turns.push(turn)
      await turn.promise
    }
  }

  /** Rejects all that wait for the lock, because its holder cannot say when it will be free. */
  refuse(error: unknown): void {
    for (const turn of this.#turns.splice(0)) {
      turn.reject(error)
    }
  }

  /** Passes the lock to the one that has waited longest. */
  unlock(): void {
    const next = this.#turns.shift()
    if (next) {
      next.resolve()
    } else {
      this.#locked = false
    }
  }
}

export function attemptKey({ runId, attempt }: RunHold): string {
  return `${runId}/${attempt}`
}

/** The longest text of one row of the log, because a provider may send a whole book at once. UTF-16 units. */
const LONGEST_CHUNK = 32 * 1024

/** When more attempts than this are trusted, all are checked again. */
const TRUSTED_ATTEMPTS = 16

function lengthOf(chunks: readonly PendingChunk[]): number {
  return chunks.reduce((length, { chunk }) => length + chunk.text.length, 0)
}
