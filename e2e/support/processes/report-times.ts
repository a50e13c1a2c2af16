/** Prints how long something took each time; it asserts nothing. */
export function reportTimes(what: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.map(Math.round).toSorted((one, other) => one - other)
  console.log(`${what}, ms: ${sorted.join(', ')}`)
}
