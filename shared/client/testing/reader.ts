import { vi } from 'vitest'
import type { SessionState } from '../../session/fold.ts'
import type { LogRecorder } from '../../session/testing/recorder.ts'
import type { Session, Store } from '../index.ts'

/** Resolves when the store's value satisfies the condition. */
export async function until<Value>(
  store: Store<Value>,
  condition: (value: Value) => boolean,
): Promise<Value> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const check = (): void => {
    if (condition(store.getSnapshot())) resolve()
  }
  const unsubscribe = store.subscribe(check)
  check()
  await promise.finally(unsubscribe)
  return store.getSnapshot()
}

/** Polls until the condition holds, for state that emits no events. */
export async function eventually(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 5_000, interval: 10 })
}

/** The view of a reader that joins now. */
export function freshView({ views }: LogRecorder): unknown {
  const { seq, event } = views.at(-1) ?? {}
  return { session: event?.session, messages: event?.messages, hasOlder: event?.hasOlder, seq }
}

/** Resolves with the reader's state when it has reached the end of the log. */
export async function caughtUp(
  { store }: Session,
  { log }: LogRecorder,
): Promise<SessionState<unknown> | null> {
  const { state } = await until(store, (snapshot) => snapshot.state?.seq === log.at(-1)?.seq)
  return state
}
