import type { Amount } from '../../db/queries/usage/allowances.ts'
import type { Left, LimitedPayer } from './allowances.ts'
import type { PlannedCall } from './planned-call.ts'

/** The part of a call that the rest of the budget allows. */
export type Plan = {
  /** 0 when a request is not worth it. */
  outputTokens: number
  /** The payer whose day left less than planned, and the need of the smallest call; null when there was enough. */
  shortBy: { by: { payer: LimitedPayer; limit: 'tokens' | 'usd' }; needed: Amount } | null
}

/** The fewest tokens of a useful answer. */
export const LEAST_OUTPUT = 16
/** A payer with this many tokens left does not count as having nothing: a shorter conversation still fits. */
const WORTH_LEAVING = 2_000

/**
 * Limits the answer to the smallest allowance that is left. So people can use up their allowance, although the largest
 * possible call would not fit any more.
 *
 * @param priceOf US dollars of the call with so many output tokens; null when the price is unknown and money has no
 *   limit
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

/**
 * The most output tokens, up to those requested, whose cost is within the rest of the budget; 0 for fewer than the
 * least.
 */
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
