import type { Step } from '../../db/steps.ts'
import type { Usage } from '../../shared/contract/message.ts'

/** What the finished steps of a run used together; null when no provider said anything. */
export function sumUsage(
  steps: readonly Pick<Step, 'usage'>[],
  last: Pick<Step, 'usage'> | null,
): Usage | null {
  const reported = [...steps, ...(last ? [last] : [])].flatMap(({ usage }) => usage ?? [])
  const first = reported[0]
  if (!first) {
    return null
  }
  return reported.slice(1).reduce<Usage>(
    (sum, usage) => ({
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      cachedInputTokens: add(sum.cachedInputTokens, usage.cachedInputTokens),
      reasoningTokens: add(sum.reasoningTokens, usage.reasoningTokens),
      costUsd: null,
    }),
    { ...first, costUsd: null },
  )
}

function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0)
}
