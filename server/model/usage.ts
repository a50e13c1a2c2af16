import { numberOf, objectOf } from './json.ts'
import type { ModelUsage } from './port.ts'

/** The field names of token counts in each API. */
const NAMES = {
  chat: { input: 'prompt_tokens', output: 'completion_tokens' },
  responses: { input: 'input_tokens', output: 'output_tokens' },
} as const

/** The hosts that report a step's cost in US dollars. On other hosts a field of that name may mean anything. */
const TELLS_COST = /(^|\.)openrouter\.ai$/

/**
 * The tokens that a provider reports for a step; null when it reports none.
 *
 * @param host of the endpoint
 */
export function readUsage(
  value: unknown,
  api: keyof typeof NAMES,
  host: string,
): ModelUsage | null {
  const { input, output } = NAMES[api]
  const usage = objectOf(value)
  const inputTokens = tokensOf(usage[input])
  const outputTokens = tokensOf(usage[output])
  if (inputTokens === undefined && outputTokens === undefined) return null
  const cached = tokensOf(objectOf(usage[`${input}_details`]).cached_tokens)
  const reasoning = tokensOf(objectOf(usage[`${output}_details`]).reasoning_tokens)
  const cost = TELLS_COST.test(host) ? numberOf(usage.cost) : undefined
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    ...(cached !== undefined && { cachedInputTokens: cached }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
    ...(cost !== undefined && cost >= 0 && { costUsd: cost }),
  }
}

/** Counts are summed in the database, where a fraction or 1e300 would break every later sum. */
function tokensOf(value: unknown): number | undefined {
  const count = numberOf(value)
  return count === undefined ? undefined : Math.round(Math.min(Math.max(count, 0), MAX_TOKENS))
}

const MAX_TOKENS = 1_000_000_000
