import type { Database } from '../db/engine/database.ts'
import type { AppOptions } from './app-options.ts'
import { PayerAllowances } from './budget/allowances.ts'
import { createBudget } from './budget/budget.ts'
import type { OnError } from './log-ids.ts'
import { createModelCatalog } from './model/catalog/catalog.ts'
import { createPrices } from './model/catalog/prices.ts'
import { createTokenCounter } from './model/token-counter.ts'
import { openModel, pricedAddress } from './open-resources.ts'
import { OFF } from './telemetry/telemetry.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { traceModel } from './telemetry/traced.ts'

type Deps = {
  database: Database
  telemetry: Telemetry
  /** ISO 8601. */
  now(): string
  onError: OnError
}

/** The model, the catalogue of the others at its endpoint, the budgets, and how runs ask. */
export async function openModels(
  options: AppOptions,
  { database, telemetry, now, onError }: Deps,
  opened: AsyncDisposableStack,
) {
  const { config } = options
  const found = await openModel(options, opened, { onError, telemetry })
  const { defaultModel } = found
  const model = telemetry === OFF ? found.model : traceModel(found.model, telemetry)
  const catalog = createModelCatalog({
    port: model,
    prices: createPrices(pricedAddress(model, config)),
    defaultModel,
    contextWindow: config.model.contextWindow,
    clock: options.clock,
  })
  // The demo model costs nothing.
  const isFree = model.kind === 'demo'
  const allowances =
    config.auth.mode === 'accounts'
      ? new PayerAllowances(database.db, { ...config.limits, isFree }, now)
      : null
  const budget = createBudget({
    database,
    catalog,
    usdPerDay: isFree ? null : config.budget.usdPerDay,
    allowances,
    now,
  })
  const tokens = createTokenCounter()
  opened.defer(() => tokens.close())
  const { systemPrompt, temperature, maxTokens } = config.model
  const { maxSteps, maxOutputTokens, clientToolSeconds, questionSeconds } = config.runs
  const ofModel = { model: defaultModel, systemPrompt, temperature, maxTokens }
  const settings = { ...ofModel, maxSteps, maxOutputTokens, clientToolSeconds, questionSeconds }
  return { model, defaultModel, catalog, isFree, allowances, budget, tokens, settings }
}
