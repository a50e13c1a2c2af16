/** Pseudorandom numbers: a failed run can be repeated with its seed. */
export type Random = {
  readonly seed: number
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number
  /** A number from 0 to 1, 1 excluded. */
  next(): number
  /** One of them. */
  of<T>(choices: readonly [T, ...T[]]): T
}

/** @param seed from `SEED` in the environment where set, otherwise a new one; print it in the test's output */
export function createRandom(seed = Number(process.env.SEED ?? Date.now() % 1_000_000)): Random {
  // Mulberry32, by Tommy Ettinger, in the public domain.
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    seed,
    next,
    whole,
    of: (choices) => choices[whole(0, choices.length - 1)] ?? choices[0],
  }
}
