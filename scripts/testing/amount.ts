import process from 'node:process'

/** The number of repetitions in a test: `short` in `npm test`, `long` in `npm run test:long`, which sets `LONG`. */
export function amount(short: number, long: number): number {
  return process.env.LONG ? long : short
}
