/**
 * The backoff before an attempt in milliseconds: at first 0.1 to 0.2 s, doubling up to 5 to 10 s. The random half
 * prevents all clients of a restarted server from reconnecting at the same moment.
 * @param attempt counts from 1
 * @param random from 0 to 1
 */
export function retryDelay(attempt: number, random: number = Math.random()): number {
  const longest = Math.min(200 * 2 ** (attempt - 1), 10_000)
  return longest / 2 + (random * longest) / 2
}
