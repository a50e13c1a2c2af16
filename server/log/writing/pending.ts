import type { ChunkEvent } from '../../../shared/contract/events.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { joinChunks } from '../../../shared/session/merge.ts'
import { splitChunk } from '../../../shared/session/split.ts'

/** The attempt that writes for a run. After a takeover, an older attempt can write nothing more. */
export type RunHold = { runId: RunId; attempt: number }

export type PendingChunk = { hold: RunHold; chunk: ChunkEvent }

/**
 * The chunks of one session that wait to be committed, and a lock: a batch of chunks or one `append` writes, never two
 * at once.
 */
export class PendingLog {
  readonly sessionId: SessionId
  /** The place of the newest event, as far as this node knows; null when it has to ask. */
  head: number | null = null
  /**
   * The attempts that were found to be this node's after `head` was read: whoever takes one over writes behind `head`,
   * so that the next commit here collides. They are trusted as long as `head` is known without a break.
   */
  readonly #trusted = new Set<string>()
  #chunks: PendingChunk[] = []
  /** UTF-16 units that are not committed, those of a commit under way included. */
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

  /** Somebody else may have written: the head is to be read again, and every run to be looked up. */
  forgetHead(): void {
    this.head = null
    this.#trusted.clear()
  }

  trusts(hold: RunHold): boolean {
    return this.#trusted.has(attemptKey(hold))
  }

  /** Says that a run was this node's when `head` was known already. */
  trust(hold: RunHold): void {
    if (this.#trusted.size >= TRUSTED_ATTEMPTS) {
      this.#trusted.clear()
    }
    this.#trusted.add(attemptKey(hold))
  }

  /** Adds text; what follows on the last text is one chunk with it, up to a length. */
  push(hold: RunHold, chunk: ChunkEvent): void {
    this.#length += chunk.text.length
    for (const piece of splitChunk(chunk, LONGEST_CHUNK)) {
      const last = this.#chunks.at(-1)
      const joined =
        last?.hold.runId === hold.runId && last.hold.attempt === hold.attempt
          ? joinChunks(last.chunk, piece, LONGEST_CHUNK)
          : null
      if (last && joined) {
        last.chunk = joined
      } else {
        this.#chunks.push({ hold, chunk: piece })
      }
    }
  }

  /** Hands out everything that waits; what is not committed in the end comes back by `putBack`. */
  take(): PendingChunk[] {
    const taken = this.#chunks
    this.#chunks = []
    return taken
  }

  putBack(chunks: readonly PendingChunk[]): void {
    this.#chunks = [...chunks, ...this.#chunks]
  }

  /** Says that what was taken needs no room any more: it is committed, or thrown away. */
  settle(chunks: readonly PendingChunk[]): void {
    this.#length -= lengthOf(chunks)
  }

  /** @param upTo the last attempt whose text goes: this node may drive a later one; absent: that of all goes */
  drop(runId: RunId, upTo = Number.POSITIVE_INFINITY): void {
    const goes = ({ hold }: PendingChunk) => hold.runId === runId && hold.attempt <= upTo
    this.settle(this.#chunks.filter(goes))
    this.#chunks = this.#chunks.filter((chunk) => !goes(chunk))
  }

  /** Takes the turn to write if nobody has it. */
  tryLock(): boolean {
    const free = !this.#locked
    this.#locked = true
    return free
  }

  /**
   * Waits for the turn to write.
   *
   * @throws what keeps the one who has it from writing
   */
  async lock(): Promise<void> {
    if (!this.tryLock()) {
      const turn = Promise.withResolvers<void>()
      this.#turns.push(turn)
      await turn.promise
    }
  }

  /** Sends those away who wait for the turn to write: whoever has it cannot say when it ends. */
  refuse(error: unknown): void {
    for (const turn of this.#turns.splice(0)) {
      turn.reject(error)
    }
  }

  /** Hands the turn to whoever waits longest. */
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

/** The longest text of one row of the log: a provider may say a whole book at once. UTF-16 units. */
const LONGEST_CHUNK = 32 * 1024

/** More than this are looked up again. */
const TRUSTED_ATTEMPTS = 16

function lengthOf(chunks: readonly PendingChunk[]): number {
  return chunks.reduce((length, { chunk }) => length + chunk.text.length, 0)
}
