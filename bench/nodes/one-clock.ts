/** Milliseconds, by the clock that all threads share: `performance.now()` counts from the start of each. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
