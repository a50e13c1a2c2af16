import { z } from 'zod'
import type { Database, Db } from '../../db/engine/database.ts'
import { reserveSpending, settleSpending } from '../../db/queries/usage/spending.ts'
import type { Amount } from '../../db/queries/usage/allowances.ts'
import { KeyId, UserId } from '../../shared/contract/ids.ts'
import type { RunError } from '../../shared/contract/errors.ts'
import type { ModelUsage } from '../model/port.ts'
import type { ModelCatalog } from '../model/catalog/catalog.ts'
import type { LimitedPayer, PayerAllowances } from './allowances.ts'
import { LEAST_OUTPUT, plan } from './plan.ts'
import type { Plan } from './plan.ts'
import type { Budget, PlannedCall, Reservation, Shortage } from './planned-call.ts'

export type BudgetOptions = {
  database: Database
  catalog: Pick<ModelCatalog, 'cost'>
  /** The most US dollars that all model calls of one day may cost; null is no limit. */
  usdPerDay: number | null
  /** The allowances of persons and keys; null without accounts. */
  allowances: PayerAllowances | null
  /** ISO 8601. */
  now(): string
}

/** A reservation and its day. `usd` is null when the price is unknown. */
const Receipt = z.object({
  model: z.string(),
  day: z.string(),
  tokens: z.number(),
  usd: z.number().nullable(),
  outputTokens: z.number(),
  payers: z.array(z.object({ payer: z.union([UserId, KeyId]), day: z.string() })),
})
type Receipt = z.infer<typeof Receipt>

type Reserved = { ok: true; reservation: Reservation } | { ok: false; error: RunError }

/**
 * One budget for all users, because they share a provider account, and one for each person and key. All are by UTC day.
 */
export function createBudget({
  database,
  catalog,
  usdPerDay,
  allowances,
  now,
}: BudgetOptions): Budget {
  const { db } = database

  /** Reserves in the budget of all, in this transaction. */
  async function reserveOfAll(
    transaction: Db,
    day: string,
    usd: number | null,
    model: string,
  ): Promise<RunError | null> {
    if (usdPerDay === null) {
      return null
    }
    if (usd === null) {
      return priceUnknown(model, 'BUDGET_USD_PER_DAY')
    }
    const fits = await reserveSpending(transaction, { day, usd, limit: usdPerDay })
    return fits ? null : usedUp(usdPerDay)
  }

  async function settleOfAll(day: string, reserved: number | null, spent: number): Promise<void> {
    if (usdPerDay !== null && reserved !== null) {
      await settleSpending(db, { day, reserved, spent })
    }
  }

  async function forAll({ model, outputTokens, inputTokens }: PlannedCall): Promise<Reserved> {
    if (usdPerDay === null) {
      const settle = async () => undefined
      return {
        ok: true,
        reservation: { outputTokens, shortage: null, limited: false, receipt: null, settle },
      }
    }
    const reserved = await catalog.cost(model, { inputTokens, outputTokens })
    const day = now().slice(0, 10)
    const error = await reserveOfAll(db, day, reserved, model)
    if (error) {
      return { ok: false, error }
    }
    const receipt: Receipt = { model, day, tokens: 0, usd: reserved, outputTokens, payers: [] }
    const settle = (used: ModelUsage) => settleBy(receipt, used)
    return {
      ok: true,
      reservation: { outputTokens, shortage: null, limited: true, receipt, settle },
    }
  }

  async function forPayers(
    of: PayerAllowances,
    payers: readonly LimitedPayer[],
    call: PlannedCall,
  ): Promise<Reserved> {
    const { model, inputTokens } = call
    const priceOf = (outputTokens: number) => catalog.cost(model, { inputTokens, outputTokens })
    const isMoneyLimited = payers.some(({ limits }) => limits.usd !== null)
    if (isMoneyLimited && (await priceOf(LEAST_OUTPUT)) === null) {
      return { ok: false, error: priceUnknown(model, 'LIMIT_USD_PER_DAY') }
    }
    const day = now().slice(0, 10)
    const shortageOf = ({ by, needed }: NonNullable<Plan['shortBy']>): Shortage => ({
      error: { code: 'budget', message: of.spent(by.payer, by.limit).message, retryable: false },
      note: () => of.noteShortage(by.payer, needed),
    })
    const reserved = await db.transaction().execute(async (transaction) => {
      const planned = await plan(call, await of.left(transaction, payers), priceOf)
      if (planned.outputTokens === 0) {
        return { planned, usd: 0, error: null }
      }
      const usd = await priceOf(planned.outputTokens)
      const error = await reserveOfAll(transaction, day, usd, model)
      if (!error) {
        await of.reserve(transaction, payers, amountOf(inputTokens + planned.outputTokens, usd))
      }
      return { planned, usd, error }
    })
    const { planned, usd, error } = reserved
    const shortage = planned.shortBy && shortageOf(planned.shortBy)
    if (error) {
      return { ok: false, error }
    }
    const { outputTokens } = planned
    if (outputTokens === 0 && shortage) {
      await shortage.note()
      return { ok: false, error: shortage.error }
    }
    const tokens = inputTokens + outputTokens
    const days = payers.map((one) => ({ payer: one.payer, day: one.day }))
    const receipt: Receipt = { model, day, tokens, usd, outputTokens, payers: days }
    const settle = (used: ModelUsage) => settleBy(receipt, used)
    return { ok: true, reservation: { outputTokens, shortage, limited: true, receipt, settle } }
  }

  async function settleBy(receipt: Receipt, used: ModelUsage): Promise<void> {
    const { model, day, tokens, usd, payers } = receipt
    const spent = (await catalog.cost(model, used)) ?? usd
    if (allowances && payers.length > 0) {
      const usedUp = amountOf(used.inputTokens + used.outputTokens, spent)
      await allowances.settle(payers, amountOf(tokens, usd), usedUp)
    }
    await settleOfAll(day, usd, spent ?? 0)
  }

  return {
    async reserve(call) {
      const payers = allowances ? await allowances.limited(db, call.payer) : []
      return allowances && payers.length > 0 ? forPayers(allowances, payers, call) : forAll(call)
    },
    takeUp({ outputTokens }, given) {
      const receipt = Receipt.safeParse(given).data
      return receipt
        ? {
            outputTokens: receipt.outputTokens,
            shortage: null,
            limited: true,
            receipt,
            settle: (used) => settleBy(receipt, used),
          }
        : { outputTokens, shortage: null, limited: false, receipt: null, settle: async () => {} }
    },
  }
}

function amountOf(tokens: number, usd: number | null): Amount {
  return { tokens, usd: usd ?? 0 }
}

function usedUp(usd: number): RunError {
  return {
    code: 'budget',
    message:
      `Today’s budget of $${usd} (BUDGET_USD_PER_DAY) does not allow another call of the model. ` +
      'It begins anew at 00:00 UTC.',
    retryable: false,
  }
}

function priceUnknown(model: string, setting: string): RunError {
  return {
    code: 'budget',
    message:
      `The price of the model "${model.slice(0, 100)}" is not known, so ${setting} cannot be kept: ` +
      'choose another model, or remove the limit.',
    retryable: false,
  }
}
