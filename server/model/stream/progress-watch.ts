import type { Clock } from '../clock.ts'

export type Raced<T> = { type: 'value'; value: T } | { type: 'late' } | { type: 'aborted' }

/**
 * Limits the time of waiting for a provider; the time that the consumer takes does not count. One timer serves all
 * waits: it is set again only when it would fire too late.
 */
export class ProgressWatch {
  readonly #clock: Clock
  #left = Number.POSITIVE_INFINITY
  /** The beginning and the deadline of the current wait; null while the consumer is busy. */
  #waiting: { since: number; due: number; late: () => void } | null = null
  #timer: { due: number; cancel: () => void } | null = null
  #away = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Allows so many milliseconds of waiting from now on. */
  expect(milliseconds: number): void {
    this.#left = milliseconds
  }

  /** A wait begins. `late` is called when it lasts longer than allowed. */
  wait(late: () => void): void {
    const since = this.#clock.elapsed()
    const due = since + Math.max(0, Math.min(this.#left, MAX_TIMER_MS))
    this.#waiting = { since, due, late }
    if (!this.#timer || this.#timer.due > due) this.#ring(due)
  }

  /** The wait is over: something arrived, or nobody waits any more. */
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

  /** Waits for the work until the deadline or the signal's abort. */
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

/**
 * A timer that fires this late means that the process was frozen, asleep or busy, and the provider may have sent
 * something meanwhile.
 */
const AWAY_MS = 250
/** After that there is this much time to read what arrived. */
const READING_MS = 500

/** Node's timers hold no more than 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1
