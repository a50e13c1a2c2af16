import type { Step } from '../../../db/queries/messages/steps.ts'
import type { Usage } from '../../../shared/contract/message.ts'

/** The sum of the usage of a run's finished steps; null when no provider reported any. */
export function sumUsage(
  steps: readonly Pick<Step, 'usage'>[],
  last: Pick<Step, 'usage'> | null,
): Usage | null {
  const calls = [...steps, ...(last ? [last] : [])]
  const reported = calls.flatMap(({ usage }) => usage ?? [])
  const first = reported[0]
  if (!first) {
    return null
  }
  const costs = calls.map(({ usage }) => usage?.costUsd ?? null)
  return reported.slice(1).reduce<Usage>(
    (sum, usage) => ({
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      cachedInputTokens: add(sum.cachedInputTokens, usage.cachedInputTokens),
      reasoningTokens: add(sum.reasoningTokens, usage.reasoningTokens),
      costUsd: sum.costUsd,
    }),
    { ...first, costUsd: sumCosts(costs) },
  )
}

/** The usage of an answer: of this run, and of the earlier runs that wrote the same answer. */
export function addUsage(earlier: Usage | null, own: Usage | null): Usage | null {
  return earlier && own ? sumUsage([{ usage: earlier }, { usage: own }], null) : (own ?? earlier)
}

/** The sum is unknown when one of the costs is unknown. */
function sumCosts(costs: readonly (number | null)[]): number | null {
  let sum = 0
  for (const cost of costs) {
    if (cost === null) {
      return null
    }
    sum += cost
  }
  return Number(sum.toFixed(10))
}

function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0)
}
