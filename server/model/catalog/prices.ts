import type { calcPrice as CalcPrice } from '@pydantic/genai-prices'
import type { ModelUsage } from '../port.ts'

/** The offline price table, for the models of one endpoint. */
export type Prices = {
  /** US dollars; null when the price is not known, which is never the same as 0. */
  cost(model: string, usage: ModelUsage): Promise<number | null>
  /** Tokens that the model reads; null when the table does not say. */
  contextWindow(model: string): Promise<number | null>
}

type Table = { calcPrice: typeof CalcPrice }

/** A second of sound is at most so many tokens to the models that count it in tokens. */
export const SOUND_TOKENS_PER_SECOND = 10

/**
 * @param baseUrl whose models they are; null, like an address of this machine, has no prices that could be known
 * @param input what the models are given: of sound, input tokens are those of its seconds
 */
export function createPrices(baseUrl: string | null, input: 'text' | 'sound' = 'text'): Prices {
  const providerApiUrl = baseUrl === null || isLocal(new URL(baseUrl).hostname) ? null : baseUrl
  let table: Promise<Table> | null = null

  async function look(model: string, usage: ModelUsage) {
    if (providerApiUrl === null) return null
    // The table takes some 20 MiB, so it is read when somebody asks for a price.
    table ??= import('@pydantic/genai-prices')
    const { calcPrice } = await table
    const { inputTokens, outputTokens, cachedInputTokens = 0 } = usage
    const counts = {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      cache_read_tokens: Math.min(cachedInputTokens, inputTokens),
      ...(input === 'sound' && { input_audio_tokens: inputTokens }),
    }
    try {
      return calcPrice(counts, model, { providerApiUrl })
    } catch {
      // It throws on models that are priced by something that we do not count.
      return null
    }
  }

  return {
    async cost(model, usage) {
      const found = await look(model, usage)
      // The table says 0 of what is not priced by tokens at all.
      const perHour = input === 'sound' ? found?.model_price.audio_hours : undefined
      if (typeof perHour === 'number') {
        return (usage.inputTokens / SOUND_TOKENS_PER_SECOND / 3_600) * perHour
      }
      const price = found?.total_price
      return price === undefined || !Number.isFinite(price) ? null : Number(price.toFixed(10))
    },
    async contextWindow(model) {
      const none = { inputTokens: 0, outputTokens: 0 }
      return (await look(model, none))?.model.context_window ?? null
    },
  }
}

function isLocal(hostname: string): boolean {
  return /^(localhost|127\..*|\[::1\]|.*\.local)$/.test(hostname)
}
