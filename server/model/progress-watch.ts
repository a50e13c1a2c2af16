import type { Clock } from './clock.ts'

export type Raced<T> = { type: 'value'; value: T } | { type: 'late' } | { type: 'aborted' }

export type ProgressWatch = {
  /** From now on, so many milliseconds of waiting are allowed. */
  expect(milliseconds: number): void
  /** Waits for the work, but no longer than is left, and not beyond the signal's abort. */
  race<T>(work: Promise<T>): Promise<Raced<T>>
}

/** Waits for a provider, but not for ever; the time that the consumer takes does not count. */
export function watchProgress(clock: Clock, signal: AbortSignal): ProgressWatch {
  let left = Number.POSITIVE_INFINITY
  return {
    expect(milliseconds) {
      left = milliseconds
    },
    race<T>(work: Promise<T>) {
      return new Promise<Raced<T>>((resolve, reject) => {
        const began = clock.now()
        const settle = (): void => {
          cancel()
          signal.removeEventListener('abort', onAbort)
          left -= clock.now() - began
        }
        const onAbort = (): void => {
          settle()
          resolve({ type: 'aborted' })
        }
        const cancel = clock.after(Math.max(0, Math.min(left, MAX_TIMER_MS)), () => {
          settle()
          resolve({ type: 'late' })
        })
        signal.addEventListener('abort', onAbort, { once: true })
        if (signal.aborted) onAbort()
        work.then(
          (value) => {
            settle()
            resolve({ type: 'value', value })
          },
          (error: unknown) => {
            settle()
            reject(error)
          },
        )
      })
    },
  }
}

/** Node's timers hold no more than 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1
