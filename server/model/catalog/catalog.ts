import type { ModelInfo, ModelPort, ModelUsage } from '../port.ts'
import type { Prices } from './prices.ts'

export type CatalogOptions = {
  port: Pick<ModelPort, 'list'>
  prices: Prices
  /** The model of a session that sets none. It is listed even when the endpoint does not list it. */
  defaultModel: string
  /** The most tokens that any model is sent; with null each model's own limit counts. */
  contextWindow: number | null
  /** Milliseconds since the epoch. */
  clock?: (() => number) | undefined
}

/** Facts about models: their names, context windows and prices. */
export type ModelCatalog = {
  /**
   * The models that the endpoint offers, always with the default one; throws a `ModelPortError` when the request fails.
   */
  list(): Promise<ModelInfo[]>
  /**
   * The context window in tokens, for input and output together; null when neither the settings, the endpoint nor the
   * price table has it.
   */
  contextWindow(model: string): Promise<number | null>
  /** The context window, if it is known without a request to the endpoint. */
  knownContextWindow(model: string): Promise<number | null>
  /** Remembers that the model refused a request with more than this many tokens. */
  learnContextWindow(model: string, tokens: number): void
  /**
   * US dollars. The cost that the provider reports comes first. Null when the price is unknown, which never means 0.
   */
  cost(model: string, usage: ModelUsage): Promise<number | null>
}

/** Caches the endpoint's list of models. The request for it delays an answer by at most two seconds. */
export function createModelCatalog(options: CatalogOptions): ModelCatalog {
  const { port, prices, defaultModel } = options
  const clock = options.clock ?? Date.now
  const learned = new Map<string, number>()
  let asked: { at: number; models: Promise<ModelInfo[]> } | null = null
  let latest: readonly ModelInfo[] = []

  /** The endpoint's answer, cached for a while; a failure is cached for a shorter time. */
  function askedModels(): Promise<ModelInfo[]> {
    if (asked && clock() - asked.at < KEEP_MS) return asked.models
    const asking = { at: clock(), models: port.list() }
    asked = asking
    asking.models.then(
      (models) => {
        latest = models
      },
      () => {
        asking.at = clock() - KEEP_MS + KEEP_FAILURE_MS
      },
    )
    return asking.models
  }

  async function windowOf(model: string, models: readonly ModelInfo[]): Promise<number | null> {
    const listed = models.find(({ id }) => id === model)?.contextWindow
    const window = Math.min(
      options.contextWindow ?? Number.POSITIVE_INFINITY,
      learned.get(model) ?? Number.POSITIVE_INFINITY,
      listed ?? (await prices.contextWindow(model)) ?? Number.POSITIVE_INFINITY,
    )
    return Number.isFinite(window) ? window : null
  }

  return {
    async list() {
      const models = await askedModels()
      return models.some(({ id }) => id === defaultModel)
        ? models
        : [{ id: defaultModel }, ...models]
    },

    async contextWindow(model) {
      const listed = await Promise.race([
        askedModels().catch((): ModelInfo[] => []),
        new Promise<ModelInfo[]>((resolve) => setTimeout(resolve, WAIT_MS, []).unref()),
      ])
      return windowOf(model, listed)
    },

    knownContextWindow: (model) => windowOf(model, latest),

    learnContextWindow(model, tokens) {
      learned.set(model, Math.min(tokens, learned.get(model) ?? tokens))
    },

    cost: async (model, usage) => usage.costUsd ?? prices.cost(model, usage),
  }
}

const KEEP_MS = 5 * 60_000
const KEEP_FAILURE_MS = 30_000
/** The longest time that an answer waits for the model's context window. */
const WAIT_MS = 2_000
