import type { ChunkEvent } from '../../shared/contract/events.ts'
import { MessageId, RunId } from '../../shared/contract/ids.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import { newId } from '../../shared/contract/new-id.ts'
import type { RunHold } from '../../server/log/writing/pending.ts'
import type { Samples } from '../measure/distribution.ts'

/** The pace of one answer, and a token: an average English one, with its space. */
export const TOKENS_PER_SECOND = 50
export const TOKEN = ' word'
const PERIOD_MS = 1000 / TOKENS_PER_SECOND

/** One answer that is being written, and the part of it that its reader has received. */
export class Stream {
  readonly sessionId: SessionId
  readonly hold: RunHold = { runId: RunId.parse(newId()), attempt: 1 }
  readonly #messageId = MessageId.parse(newId())
  readonly #sentAt: Float64Array
  sent = 0
  received = 0

  /** @param most the most tokens that will be sent */
  constructor(sessionId: SessionId, most: number) {
    this.sessionId = sessionId
    this.#sentAt = new Float64Array(most)
  }

  get full(): boolean {
    return this.sent === this.#sentAt.length
  }

  /** Returns the next token and counts it as sent. */
  next(now: number): ChunkEvent {
    const offset = this.sent * TOKEN.length
    this.#sentAt[this.sent] = now
    this.sent += 1
    return { type: 'chunk', messageId: this.#messageId, part: 0, kind: 'text', offset, text: TOKEN }
  }

  /** Records the latency of each token of the chunk that was sent since `from`. */
  receive(chunk: ChunkEvent, now: number, from: number, latencies: Samples): void {
    if (chunk.offset !== this.received * TOKEN.length) {
      throw new Error(`a reader has ${this.received} tokens and got text from ${chunk.offset}`)
    }
    const end = (chunk.offset + chunk.text.length) / TOKEN.length
    for (; this.received < end; this.received += 1) {
      const sentAt = this.#sentAt[this.received] ?? Number.NaN
      if (sentAt >= from) latencies.add(now - sentAt)
    }
  }
}

/**
 * Sends each stream's tokens at its pace, with a random phase, until the time is over. A token that is late, because
 * the process or the machine was busy, is sent at once; `lateness` records by how much.
 * @param forMs duration in milliseconds
 */
export async function sendPaced(
  streams: readonly Stream[],
  forMs: number,
  send: (stream: Stream, chunk: ChunkEvent) => void,
  lateness: Samples,
): Promise<void> {
  const phases = streams.map(() => Math.random() * PERIOD_MS).sort((a, b) => a - b)
  const began = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let index = 0
  let round = 0
  const tick = (): void => {
    const now = performance.now()
    if (now >= began + forMs) return resolve()
    for (;;) {
      const stream = streams[index]
      const due = began + round * PERIOD_MS + (phases[index] ?? 0)
      if (!stream || due > now) break
      if (!stream.full) {
        const sentAt = performance.now()
        send(stream, stream.next(sentAt))
        lateness.add(sentAt - due)
      }
      index += 1
      if (index === streams.length) {
        index = 0
        round += 1
      }
    }
    setTimeout(guarded, 1)
  }
  const guarded = (): void => {
    try {
      tick()
    } catch (error) {
      reject(error)
    }
  }
  guarded()
  await promise
}
