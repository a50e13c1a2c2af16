import type { Db } from '../../db/engine/database.ts'
import {
  lockAllowance,
  noteShortage,
  readAllowance,
  readPayerLimits,
  reserveAllowance,
  settleAllowance,
} from '../../db/queries/usage/allowances.ts'
import type { Allowance, Amount, DayLimits, PayerDay } from '../../db/queries/usage/allowances.ts'
import type { Allowances, Payer, Spent } from './planned-call.ts'

/** The daily allowance of each person in the settings; null is no limit. */
export type AllowanceSettings = {
  tokensPerDay: number | null
  usdPerDay: number | null
  /** The demo model costs nothing, so money is no limit to it. */
  isFree: boolean
}

/** A person or a key with the limits of a day. */
export type LimitedPayer = PayerDay & { by: 'user' | 'key'; limits: DayLimits }

/** The smallest allowance that is left, and its payer. */
export type Left = { payer: LimitedPayer; tokens: number; usd: number }

/** The tokens and the US dollars of each person and each key, by UTC days. */
export class PayerAllowances implements Allowances {
  readonly #db: Db
  readonly #settings: AllowanceSettings
  readonly #now: () => string

  /** @param now ISO 8601 */
  constructor(db: Db, settings: AllowanceSettings, now: () => string) {
    this.#db = db
    this.#settings = settings
    this.#now = now
  }

  /** The person, the guest's address and the key that have a limit, in the order in which they are locked. */
  async limited(db: Db, { userId, keyId }: Payer): Promise<LimitedPayer[]> {
    const { tokensPerDay, usdPerDay, isFree } = this.#settings
    const { own, keyUsdPerDay, pool } = await readPayerLimits(db, userId, keyId)
    const day = this.#now().slice(0, 10)
    const usd = (amount: number | null) => (isFree ? null : amount)
    const payers: LimitedPayer[] = [
      {
        payer: userId,
        day,
        by: 'user',
        limits: {
          tokens: own.tokensPerDay === undefined ? tokensPerDay : own.tokensPerDay,
          usd: usd(own.usdPerDay === undefined ? usdPerDay : own.usdPerDay),
        },
      },
    ]
    if (pool) {
      const limits = { tokens: tokensPerDay, usd: usd(usdPerDay) }
      payers.push({ payer: pool, day, by: 'user', limits })
    }
    if (keyId) {
      const limits = { tokens: null, usd: usd(keyUsdPerDay) }
      payers.push({ payer: keyId, day, by: 'key', limits })
    }
    return payers.filter(({ limits }) => limits.tokens !== null || limits.usd !== null)
  }

  /** The allowance that each of these has left, locked until the transaction ends. */
  async left(transaction: Db, payers: readonly LimitedPayer[]): Promise<Left[]> {
    const left: Left[] = []
    for (const payer of payers) {
      const used = await lockAllowance(transaction, payer)
      left.push({
        payer,
        tokens: rest(payer.limits.tokens, used.tokens + used.tokensReserved),
        usd: rest(payer.limits.usd, used.usd + used.usdReserved),
      })
    }
    return left
  }

  async reserve(transaction: Db, payers: readonly LimitedPayer[], amount: Amount): Promise<void> {
    for (const payer of payers) {
      await reserveAllowance(transaction, payer, amount)
    }
  }

  async settle(payers: readonly PayerDay[], reserved: Amount, used: Amount): Promise<void> {
    for (const payer of payers) {
      await settleAllowance(this.#db, payer, reserved, used)
    }
  }

  noteShortage(payer: LimitedPayer, needed: Amount): Promise<void> {
    return noteShortage(this.#db, payer, needed)
  }

  async refusal(payer: Payer): Promise<Spent | null> {
    for (const limited of await this.limited(this.#db, payer)) {
      const used = await readAllowance(this.#db, limited)
      const limit = spentLimit(limited, used)
      if (limit) {
        const { by } = limited
        const { message, renewsAt } = this.spent(limited, limit)
        return { limit, by, message, renewsAt }
      }
    }
    return null
  }

  /** The message to a person at the limit, and when it renews (milliseconds since the epoch). */
  spent({ by, limits }: LimitedPayer, limit: 'tokens' | 'usd') {
    const renewsAt = Math.floor(Date.parse(this.#now()) / DAY) * DAY + DAY
    const amount = limit === 'tokens' ? `${limits.tokens} tokens` : `$${limits.usd}`
    const whose = by === 'key' ? 'this key’s' : 'your'
    return {
      renewsAt,
      message: `Nothing is left of ${whose} ${amount} of today. They renew at ${new Date(renewsAt).toISOString()}.`,
    }
  }
}

const DAY = 86_400_000

function rest(limit: number | null, used: number): number {
  return limit === null ? Number.POSITIVE_INFINITY : limit - used
}

/**
 * The limit of which so little is left that the last call did not fit. Reservations do not count, because they may come
 * back.
 */
function spentLimit({ limits }: LimitedPayer, used: Allowance): 'tokens' | 'usd' | null {
  const tokens = rest(limits.tokens, used.tokens)
  if (tokens < 1 || tokens < used.tokensShort) {
    return 'tokens'
  }
  const usd = rest(limits.usd, used.usd)
  return usd <= 0 || usd < used.usdShort ? 'usd' : null
}
