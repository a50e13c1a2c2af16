import type { WireEvent } from '../adapter.ts'
import type { Attempt } from './attempt.ts'
import type { ByteSource } from './byte-source.ts'
import type { DeltaOutlet } from './delta-queue.ts'
import type { ProgressWatch } from './progress-watch.ts'
import { readBody } from './transport.ts'

/** The result of reading an answer: `marked` is true when `[DONE]` came, `over` when the body ended normally. */
export type Read = { marked: boolean; over: boolean } & (
  | { type: 'over' }
  | { type: 'late' }
  | { type: 'aborted' }
  | { type: 'broken'; error: unknown }
  | { type: 'settled'; attempt: Attempt }
)

/**
 * Reads an answer to its end, without a promise for each piece between socket and outlet. The provider is not read
 * while the outlet is full, and its time limit does not run while the consumer is busy.
 *
 * @param onEvent may return that the attempt is settled
 */
export function readAnswer(
  source: ByteSource,
  outlet: DeltaOutlet,
  watch: ProgressWatch,
  signal: AbortSignal,
  onEvent: (event: WireEvent) => Attempt | null,
): Promise<Read> {
  return new Promise((resolve) => {
    let settled: Attempt | null = null
    let paused = false
    const body = readBody((event) => {
      settled = onEvent(event)
      return settled === null
    })
    type Ending = { type: 'over' | 'late' | 'aborted' } | { type: 'broken'; error: unknown }
    const end = (ending: Ending): void => {
      if (ending.type === 'over' && !settled) source.leave()
      else source.cancel()
      watch.received()
      outlet.onWanted = null
      signal.removeEventListener('abort', abort)
      const { marked, over } = body
      resolve(
        settled ? { type: 'settled', attempt: settled, marked, over } : { ...ending, marked, over },
      )
    }
    const abort = (): void => end({ type: 'aborted' })
    const late = (): void => end({ type: 'late' })
    const attend = (): void => {
      if (paused) source.resume()
      paused = false
      watch.wait(late)
    }
    signal.addEventListener('abort', abort, { once: true })
    outlet.onWanted = attend
    if (outlet.wanted) attend()
    source.read({
      piece(bytes) {
        watch.received()
        try {
          body.take(bytes)
        } catch (error) {
          return end({ type: 'broken', error })
        }
        if (settled || body.marked) return end({ type: 'over' })
        if (outlet.wanted) return watch.wait(late)
        if (!outlet.full || paused) return
        paused = true
        source.pause()
      },
      end() {
        try {
          body.end()
        } catch (error) {
          return end({ type: 'broken', error })
        }
        end({ type: 'over' })
      },
      fail: (error) => end({ type: 'broken', error }),
    })
    if (signal.aborted) abort()
  })
}
