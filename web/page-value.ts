import { Listeners } from '../shared/client/store.ts'

/** A value of this page outside React. `subscribe` and `get` are the interface of `useSyncExternalStore`. */
export type PageValue<Value> = {
  subscribe(this: void, listener: () => void): () => void
  get(this: void): Value
  /** Sets the value and notifies the listeners, also when it is the same. */
  set(this: void, value: Value): void
}

/** @param first the value until one is set; called when it is read for the first time */
export function pageValue<Value>(first: () => Value): PageValue<Value> {
  const listeners = new Listeners()
  let current: { value: Value } | null = null
  return {
    subscribe: listeners.add,
    get: () => (current ??= { value: first() }).value,
    set(value) {
      current = { value }
      listeners.notify()
    },
  }
}
