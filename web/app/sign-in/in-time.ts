/** Resolves when all of it has ended, well or not, and after this many milliseconds at the latest. */
export async function inTime(ms: number, works: readonly Promise<unknown>[]): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([Promise.allSettled(works), late.promise])
  clearTimeout(timer)
}
