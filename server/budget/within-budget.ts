import type { ModelPort, ModelUsage, TokenCounter } from '../model/port.ts'
import type { Budget } from './port.ts'

/** The model as those ask it who ask beside an answer, for titles and summaries: within the budget as well. */
export function withinBudget(
  model: ModelPort,
  budget: Budget,
  tokens: Pick<TokenCounter, 'estimate'>,
): ModelPort {
  return {
    kind: model.kind,
    list: (signal) => model.list(signal),
    async *stream(step, signal) {
      const inputTokens = Math.ceil(tokens.estimate(JSON.stringify(step)) * 1.25)
      const reserved = await budget.reserve({
        model: step.model,
        inputTokens,
        outputTokens: step.maxTokens,
      })
      if (!reserved.ok) {
        yield { type: 'error', error: reserved.error }
        return
      }
      let used: ModelUsage = { inputTokens: 0, outputTokens: 0 }
      let told = false
      try {
        for await (const delta of model.stream(step, signal)) {
          if (delta.type === 'usage') {
            used = delta.usage
            told = true
          } else if (!told && 'text' in delta) {
            const outputTokens = used.outputTokens + tokens.estimate(delta.text)
            used = { inputTokens, outputTokens }
          }
          yield delta
        }
      } finally {
        await reserved.reservation.settle(used)
      }
    },
  }
}
