import type { CallId } from '../../shared/contract/ids.ts'
import { Wakeup } from '../concurrency/wakeup.ts'

/** Between two looks for a reply that another node took, whose word was lost. Milliseconds. */
const LOOK_INTERVAL = 500

/** Who waits on this node for a person's reply to a call's question. */
export class Replies {
  readonly #waiting = new Map<CallId, Set<Wakeup>>()

  /** A question of this call was answered. */
  wake(callId: CallId): void {
    for (const wakeup of this.#waiting.get(callId) ?? []) wakeup.wake()
  }

  /** Each sleep ends when it is worth a look again whether one was, also one that came before it, or the signal aborts. */
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
