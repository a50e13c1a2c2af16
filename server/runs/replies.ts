import type { CallId } from '../../shared/contract/ids.ts'
import { Wakeup } from '../concurrency/wakeup.ts'

/** Interval of reading the replies, in case the notification of another node was lost. Milliseconds. */
const LOOK_INTERVAL = 500

/** The calls on this node that wait for a person's reply to a question. */
export class Replies {
  readonly #waiting = new Map<CallId, Set<Wakeup>>()

  /** Wakes those who wait for a reply to this call. */
  wake(callId: CallId): void {
    for (const wakeup of this.#waiting.get(callId) ?? []) wakeup.wake()
  }

  /**
   * Registers a waiting call. Each `sleep` ends when the replies are worth reading again, also when one came before it,
   * or when the signal aborts.
   */
  listen(callId: CallId, signal: AbortSignal): Pick<Wakeup, 'sleep'> & Disposable {
    const wakeup = new Wakeup(signal)
    const waiting = this.#waiting.get(callId) ?? new Set()
    this.#waiting.set(callId, waiting.add(wakeup))
    const timer = setInterval(wakeup.wake, LOOK_INTERVAL)
    return {
      sleep: () => wakeup.sleep(),
      [Symbol.dispose]: () => {
        clearInterval(timer)
        wakeup[Symbol.dispose]()
        waiting.delete(wakeup)
        if (waiting.size === 0) this.#waiting.delete(callId)
      },
    }
  }
}
