import type { CallId } from '../../shared/contract/ids.ts'

/** Between two looks for a reply that another node took, whose word was lost. Milliseconds. */
const LOOK_INTERVAL = 500

/** Who waits on this node for a person's reply to a call's question. */
export class Replies {
  readonly #waiting = new Map<CallId, Set<() => void>>()

  /** A question of this call was answered. */
  wake(callId: CallId): void {
    for (const wake of this.#waiting.get(callId) ?? []) wake()
  }

  /** Resolves when it is worth a look again whether one was. */
  async next(callId: CallId, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wakes = this.#waiting.get(callId) ?? new Set()
    this.#waiting.set(callId, wakes.add(resolve))
    const timer = setTimeout(resolve, LOOK_INTERVAL)
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
    await promise
    clearTimeout(timer)
    wakes.delete(resolve)
    if (wakes.size === 0) this.#waiting.delete(callId)
  }
}
