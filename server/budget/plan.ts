import type { Amount } from '../../db/queries/usage/allowances.ts'
import type { Left, LimitedPayer } from './allowances.ts'
import type { PlannedCall } from './planned-call.ts'

/** How much of a call what is left allows. */
export type Plan = {
  /** 0 where it is not worth asking. */
  outputTokens: number
  /** Whose day left less than was planned, and what the least call would have needed; null when nobody's did. */
  shortBy: { by: { payer: LimitedPayer; limit: 'tokens' | 'usd' }; needed: Amount } | null
}

/** An answer of fewer tokens is none. */
export const LEAST_OUTPUT = 16
/** Who has this many left is not taken for somebody with nothing left: a shorter conversation still fits. */
const WORTH_LEAVING = 2_000

/**
 * Lets the model write what the least of what is left allows: so people can use up what they have, although what
 * a call may take at the most would not fit any more.
 *
 * @param priceOf US dollars of the call with so many output tokens; null where it is not known, and money no limit
 */
export async function plan(
  { inputTokens, outputTokens: wanted }: PlannedCall,
  left: readonly Left[],
  priceOf: (outputTokens: number) => Promise<number | null>,
): Promise<Plan> {
  const least = Math.min(wanted, LEAST_OUTPUT)
  let allowed: Plan = { outputTokens: wanted, shortBy: null }
  const narrow = (payer: LimitedPayer, limit: 'tokens' | 'usd', most: number, needed: Amount) => {
    if (most < allowed.outputTokens) {
      const outputTokens = most < least ? 0 : most
      allowed = { outputTokens, shortBy: { by: { payer, limit }, needed } }
    }
  }
  for (const { payer, tokens, usd } of left) {
    if (Number.isFinite(tokens)) {
      const needed = { tokens: Math.min(inputTokens + least, WORTH_LEAVING), usd: 0 }
      narrow(payer, 'tokens', Math.max(0, Math.floor(tokens - inputTokens)), needed)
    }
    if (Number.isFinite(usd)) {
      const share = Math.min(1, WORTH_LEAVING / (inputTokens + least))
      const needed = { tokens: 0, usd: ((await priceOf(least)) ?? 0) * share }
      narrow(payer, 'usd', await affordable(usd, allowed.outputTokens, least, priceOf), needed)
    }
  }
  return allowed
}

/** The most output tokens, up to those that are wanted, that cost no more than what is left; 0 for less than the least. */
async function affordable(
  usd: number,
  wanted: number,
  least: number,
  priceOf: (outputTokens: number) => Promise<number | null>,
): Promise<number> {
  const fits = async (tokens: number) => ((await priceOf(tokens)) ?? 0) <= usd
  if (await fits(wanted)) {
    return wanted
  }
  if (!(await fits(least))) {
    return 0
  }
  // Prices need not be linear, but more never costs less.
  let [low, high] = [least, wanted]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await fits(middle)) {
      low = middle
    } else {
      high = middle
    }
  }
  return low
}
