import type { Clock } from '../clock.ts'

export type Raced<T> = { type: 'value'; value: T } | { type: 'late' } | { type: 'aborted' }

/**
 * Waits for a provider, but not for ever; the time that the consumer takes does not count. One timer serves all the
 * waiting there is: it is set anew only where it would ring too late.
 */
export class ProgressWatch {
  readonly #clock: Clock
  #left = Number.POSITIVE_INFINITY
  /** Since when, and until when, is being waited; null while the consumer is busy. */
  #waiting: { since: number; due: number; late: () => void } | null = null
  #timer: { due: number; cancel: () => void } | null = null
  #away = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now on, so many milliseconds of waiting are allowed. */
  expect(milliseconds: number): void {
    this.#left = milliseconds
  }

  /** Waiting begins. `late` is called when it lasts longer than was left. */
  wait(late: () => void): void {
    const since = this.#clock.elapsed()
    const due = since + Math.max(0, Math.min(this.#left, MAX_TIMER_MS))
    this.#waiting = { since, due, late }
    if (!this.#timer || this.#timer.due > due) this.#ring(due)
  }

  /** Something came, or nobody waits any more. */
  received(): void {
    if (!this.#waiting) return
    const passed = this.#clock.elapsed() - this.#waiting.since
    this.#left = Math.max(this.#left - passed, this.#away ? READING_MS : 0)
    this.#waiting = null
    this.#away = false
  }

  close(): void {
    this.#waiting = null
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Waits for the work, but no longer than is left, and not beyond the signal's abort. */
  race<T>(work: Promise<T>, signal: AbortSignal): Promise<Raced<T>> {
    return new Promise<Raced<T>>((resolve, reject) => {
      const settle = (): void => {
        this.received()
        this.close()
        signal.removeEventListener('abort', onAbort)
      }
      const end = (raced: Raced<T>): void => {
        settle()
        resolve(raced)
      }
      const onAbort = (): void => end({ type: 'aborted' })
      this.wait(() => end({ type: 'late' }))
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      work.then(
        (value) => end({ type: 'value', value }),
        (error: unknown) => {
          settle()
          reject(error)
        },
      )
    })
  }

  #ring(due: number): void {
    this.#timer?.cancel()
    const wait = Math.max(0, due - this.#clock.elapsed())
    const cancel = this.#clock.after(wait, () => this.#rang(due))
    this.#timer = { due, cancel }
  }

  #rang(planned: number): void {
    this.#timer = null
    const waiting = this.#waiting
    if (!waiting) return
    const now = this.#clock.elapsed()
    if (now > planned + AWAY_MS && !this.#away) {
      this.#away = true
      waiting.due = Math.max(waiting.due, now + READING_MS)
    }
    if (now < waiting.due) return this.#ring(waiting.due)
    this.received()
    waiting.late()
  }
}

/** A timer that is so late tells that this process was frozen, asleep or busy: the provider may have spoken meanwhile. */
const AWAY_MS = 250
/** Then what it said is read first. */
const READING_MS = 500

/** Node's timers hold no more than 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1
