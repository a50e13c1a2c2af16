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
        const allowed = Math.max(0, Math.min(left, MAX_TIMER_MS))
        let away = false
        const settle = (): void => {
          cancel()
          signal.removeEventListener('abort', onAbort)
          left = Math.max(left - (clock.now() - began), away ? READING_MS : 0)
        }
        const onAbort = (): void => {
          settle()
          resolve({ type: 'aborted' })
        }
        const late = (): void => {
          settle()
          resolve({ type: 'late' })
        }
        let cancel = clock.after(allowed, () => {
          away = clock.now() - began > allowed + AWAY_MS
          if (away) cancel = clock.after(READING_MS, late)
          else late()
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

/** A timer that is so late tells that this process was frozen, asleep or busy: the provider may have spoken meanwhile. */
const AWAY_MS = 250
/** Then what it said is read first. */
const READING_MS = 500

/** Node's timers hold no more than 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1
