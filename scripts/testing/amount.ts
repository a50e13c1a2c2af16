import process from 'node:process'

/** How often a test repeats itself: a few times in `npm test`, many in `npm run test:long`, which sets `LONG`. */
export function amount(short: number, long: number): number {
  return process.env.LONG ? long : short
}
