import type { Store } from '../client/store.ts'

/**
 * Reads a slice of a store that keeps its identity while it is equal, so that its reader renders again only when the
 * slice has changed. `previous` passes the identity on from the reader's previous selector.
 */
export function createSelection<Value, Slice>(
  store: Store<Value>,
  select: (value: Value) => Slice,
  isEqual: (a: Slice, b: Slice) => boolean,
  previous: { slice: Slice } | null,
): () => Slice {
  let memo: { value: Value; slice: Slice } | null = null
  return () => {
    const value = store.getSnapshot()
    if (memo !== null && Object.is(memo.value, value)) return memo.slice
    const next = select(value)
    const last = memo ?? previous
    const slice = last !== null && isEqual(last.slice, next) ? last.slice : next
    memo = { value, slice }
    return slice
  }
}

/** Returns true for the same value, or for arrays or plain objects whose members are the same values. */
export function shallowEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (!isPlain(a) || !isPlain(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const left = Object.entries(a)
  const right = new Map(Object.entries(b))
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && Object.is(value, right.get(key)))
  )
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}
