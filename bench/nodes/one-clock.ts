/** Milliseconds of a clock that all threads share; `performance.now()` starts at zero in each thread. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
