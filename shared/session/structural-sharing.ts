import { isRecord } from './is-record.ts'

/**
 * Replaces the parts of `next` that equal those of `previous` by the previous objects, so that a snapshot changes the
 * identity only of what has changed.
 */
export function replaceEqualDeep<Value>(previous: Value | undefined, next: Value): Value
export function replaceEqualDeep(previous: unknown, next: unknown): unknown {
  if (Object.is(previous, next) || previous === null || next === null) return next
  if (Array.isArray(previous) && Array.isArray(next)) {
    const kept: unknown[] = next.map((item, index) => replaceEqualDeep(previous[index], item))
    const same = previous.length === kept.length && kept.every((item, i) => item === previous[i])
    return same ? previous : kept
  }
  if (isRecord(previous) && isRecord(next)) {
    const kept = Object.entries(next).map(([key, value]): [string, unknown] => [
      key,
      replaceEqualDeep(Object.hasOwn(previous, key) ? previous[key] : undefined, value),
    ])
    const same =
      Object.keys(previous).length === kept.length &&
      kept.every(([key, value]) => Object.hasOwn(previous, key) && value === previous[key])
    return same ? previous : Object.fromEntries(kept)
  }
  return next
}
