import type { calcPrice as CalcPrice } from '@pydantic/genai-prices'
import type { ModelUsage } from '../port.ts'

/** The offline price table, for the models of one endpoint. */
export type Prices = {
  /** US dollars; null when the price is unknown, which never means 0. */
  cost(model: string, usage: ModelUsage): Promise<number | null>
  /** The context window in tokens; null when the table does not have it. */
  contextWindow(model: string): Promise<number | null>
}

type Table = { calcPrice: typeof CalcPrice }

/** The most tokens that a second of sound has in models that count sound in tokens. */
export const SOUND_TOKENS_PER_SECOND = 10

/**
 * @param baseUrl of the endpoint; the prices of null or a local address are unknown
 * @param input the kind of input; the tokens of sound are those of its seconds
 */
export function createPrices(baseUrl: string | null, input: 'text' | 'sound' = 'text'): Prices {
  const providerApiUrl = baseUrl === null || isLocal(new URL(baseUrl).hostname) ? null : baseUrl
  let table: Promise<Table> | null = null

  async function look(model: string, usage: ModelUsage) {
    if (providerApiUrl === null) return null
    // The table takes some 20 MiB of memory, so it is loaded when a price is asked for.
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
      // The table throws for models that are priced by units that are not counted here.
      return null
    }
  }

  return {
    async cost(model, usage) {
      const found = await look(model, usage)
      // The table has 0 for what is not priced by tokens at all.
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
