/** Says how long something took, each time that it was done: for whoever reads the run, nothing is judged by it. */
export function reportTimes(what: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.map(Math.round).toSorted((one, other) => one - other)
  console.log(`${what}, ms: ${sorted.join(', ')}`)
}
