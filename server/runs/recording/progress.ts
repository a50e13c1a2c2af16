import { setTimeout as delay } from 'node:timers/promises'
import type { StoredCall } from '../../../db/queries/messages/call-rows.ts'
import type { ToolProgress } from '../../../shared/contract/tool.ts'
import type { CallRecorder } from './call-recorder.ts'

/** The shortest time between two records of one call's progress. Milliseconds. */
const PACE = 250
/**
 * Each record contains the whole call, so a call with a long input is recorded less often. UTF-16 units of JSON a
 * second.
 */
const LENGTH_PER_SECOND = 64_000

/**
 * Records the progress of a call: only the newest state, no more often than people can follow, one record at a time.
 */
export class ProgressRecord {
  readonly #stored: StoredCall
  readonly #recorder: Pick<CallRecorder, 'call'>
  readonly #pace: number
  readonly #closing = new AbortController()
  #newest: ToolProgress | null = null
  #writing: Promise<void> | null = null

  constructor(stored: StoredCall, recorder: Pick<CallRecorder, 'call'>) {
    this.#stored = stored
    this.#recorder = recorder
    this.#pace = Math.max(PACE, (JSON.stringify(stored.call).length / LENGTH_PER_SECOND) * 1000)
  }

  record(progress: ToolProgress): void {
    if (!this.#closing.signal.aborted) {
      this.#newest = progress
      this.#writing ??= this.#write()
    }
  }

  /** Resolves when nothing more is written. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#writing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #write(): Promise<void> {
    const { signal } = this.#closing
    while (this.#newest && !signal.aborted) {
      const progress = this.#newest
      this.#newest = null
      // No progress is worth a failure. If another attempt has the run, the record of the call's end finds that out too.
      await this.#recorder
        .call({ ...this.#stored, call: { ...this.#stored.call, progress } })
        .catch(() => undefined)
      await delay(this.#pace, undefined, { signal }).catch(() => undefined)
    }
    this.#writing = null
  }
}
