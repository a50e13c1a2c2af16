import type { Database } from '../../db/engine/database.ts'
import { reserveSpending, settleSpending } from '../../db/queries/usage/spending.ts'
import type { RunError } from '../../shared/contract/errors.ts'
import type { ModelUsage } from '../model/port.ts'
import type { ModelCatalog } from '../model/catalog/catalog.ts'

/** The upper bound of one model call. */
export type PlannedCall = { model: string; inputTokens: number; outputTokens: number }

/** Money that is reserved for a call. It is settled once, however the call ends. */
export type Reservation = {
  /** Replaces the reserved amount by the cost of what the call used, as far as that is known. */
  settle(used: ModelUsage): Promise<void>
}

/**
 * Keeps the cost of model calls within the day's limit, over all nodes. The maximum cost is reserved before each call.
 * A call that a crash interrupted is never settled, so it counts with its maximum.
 */
export type Budget = {
  /** True when there is a limit. */
  readonly limited: boolean
  reserve(
    call: PlannedCall,
  ): Promise<{ ok: true; reservation: Reservation } | { ok: false; error: RunError }>
}

export type BudgetOptions = {
  database: Database
  catalog: Pick<ModelCatalog, 'cost'>
  /** The most US dollars that all model calls of one day may cost; null is no limit. */
  usdPerDay: number | null
  /** ISO 8601. */
  now(): string
}

/** One budget for all users, by UTC days: a single provider account pays. */
export function createBudget({ database, catalog, usdPerDay, now }: BudgetOptions): Budget {
  if (usdPerDay === null) {
    return { limited: false, reserve: async () => ({ ok: true, reservation: nothing }) }
  }
  return {
    limited: true,
    async reserve({ model, ...tokens }: PlannedCall) {
      const reserved = await catalog.cost(model, tokens)
      if (reserved === null) {
        return { ok: false, error: priceUnknown(model) }
      }
      const day = now().slice(0, 10)
      const fits = await reserveSpending(database.db, { day, usd: reserved, limit: usdPerDay })
      if (!fits) {
        return { ok: false, error: usedUp(usdPerDay) }
      }
      const settle = async (used: ModelUsage) => {
        const spent = (await catalog.cost(model, used)) ?? reserved
        await settleSpending(database.db, { day, reserved, spent })
      }
      return { ok: true, reservation: { settle } }
    },
  }
}

const nothing: Reservation = { settle: async () => undefined }

function usedUp(usd: number): RunError {
  return {
    code: 'budget',
    message:
      `Today’s budget of $${usd} (BUDGET_USD_PER_DAY) does not allow another call of the model. ` +
      'It begins anew at 00:00 UTC.',
    retryable: false,
  }
}

function priceUnknown(model: string): RunError {
  return {
    code: 'budget',
    message:
      `The price of the model "${model.slice(0, 100)}" is not known, so BUDGET_USD_PER_DAY cannot be kept: ` +
      'choose another model, or remove the limit.',
    retryable: false,
  }
}
