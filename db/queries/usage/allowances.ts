import { sql } from 'kysely'
import { UserLimits } from '../../../shared/contract/user.ts'
import type { KeyId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/** The limits of model calls for one day; null is no limit. */
export type DayLimits = { tokens: number | null; usd: number | null }

/** The use of a day, the reservations in addition to it, and the limit that refused a call. */
export type Allowance = {
  tokens: number
  tokensReserved: number
  tokensShort: number
  usd: number
  usdReserved: number
  usdShort: number
}

/** A person or a key, on one day (such as 2026-03-29, in UTC). */
export type PayerDay = { payer: UserId | KeyId; day: string }

/**
 * The limits that an administrator set for a person, the daily limit of a key (null for none), and the person whose
 * limits a guest shares.
 */
export async function readPayerLimits(
  db: Db,
  userId: UserId,
  keyId: KeyId | null,
): Promise<{ own: UserLimits; keyUsdPerDay: number | null; pool: UserId | null }> {
  const { rows } = await sql<{ limits: unknown; keyUsdPerDay: number | null; pool: UserId | null }>`
    select limits, pool, (
      select usd_per_day from api_keys where api_keys.id = ${keyId}::uuid) as "keyUsdPerDay"
    from users where id = ${userId}`.execute(db)
  return {
    own: UserLimits.safeParse(rows[0]?.limits ?? {}).data ?? {},
    keyUsdPerDay: rows[0]?.keyUsdPerDay ?? null,
    pool: rows[0]?.pool ?? null,
  }
}

/** The use of a day; nothing when there is no row. A person who was a guest has also used what the guest used. */
export async function readAllowance(db: Db, { payer, day }: PayerDay): Promise<Allowance> {
  const { rows } = await sql<Allowance>`
    select coalesce(sum(tokens), 0)::bigint as tokens,
      coalesce(sum(tokens_reserved), 0)::bigint as "tokensReserved",
      coalesce(max(tokens_short), 0) as "tokensShort",
      coalesce(sum(usd), 0) as usd, coalesce(sum(usd_reserved), 0) as "usdReserved",
      coalesce(max(usd_short), 0) as "usdShort"
    from allowances where (payer = ${payer} or counts_for = ${payer}) and day = ${day}::date`.execute(
    db,
  )
  const [row] = rows
  if (!row) {
    throw new Error('a sum is always answered')
  }
  return row
}

/** Reads it, and locks it against other reservations until the transaction ends. */
export async function lockAllowance(transaction: Db, { payer, day }: PayerDay): Promise<Allowance> {
  await sql`
    insert into allowances (payer, day) values (${payer}, ${day}::date)
    on conflict (payer, day) do update set tokens = allowances.tokens`.execute(transaction)
  return readAllowance(transaction, { payer, day })
}

/**
 * Adds what a guest used to the person as whom the guest registered, and also what the guest's running calls will use,
 * because those know only the guest.
 */
export async function countAllowancesFor(
  transaction: Db,
  guest: UserId,
  person: UserId,
): Promise<void> {
  await sql`update allowances set counts_for = ${person} where payer = ${guest}`.execute(
    transaction,
  )
}

/** An amount of tokens and of US dollars. */
export type Amount = { tokens: number; usd: number }

export async function reserveAllowance(
  transaction: Db,
  { payer, day }: PayerDay,
  { tokens, usd }: Amount,
): Promise<void> {
  await sql`
    update allowances set tokens_reserved = tokens_reserved + ${tokens}::bigint, usd_reserved = usd_reserved + ${usd}::double precision
    where payer = ${payer} and day = ${day}::date`.execute(transaction)
}

/** Replaces the reservation of a call by what it used. */
export async function settleAllowance(
  db: Db,
  { payer, day }: PayerDay,
  reserved: Amount,
  used: Amount,
): Promise<void> {
  await sql`
    update allowances set
      tokens = tokens + ${used.tokens}::bigint,
      tokens_reserved = greatest(0, tokens_reserved - ${reserved.tokens}::bigint),
      usd = usd + ${used.usd}::double precision,
      usd_reserved = greatest(0, usd_reserved - ${reserved.usd}::double precision)
    where payer = ${payer} and day = ${day}::date`.execute(db)
}

/** Records the need of a call that was refused: as long as less is left, nothing is left for the day. */
export async function noteShortage(
  db: Db,
  { payer, day }: PayerDay,
  { tokens, usd }: Amount,
): Promise<void> {
  await sql`
    update allowances set tokens_short = greatest(tokens_short, ${tokens}::bigint), usd_short = greatest(usd_short, ${usd}::double precision)
    where payer = ${payer} and day = ${day}::date`.execute(db)
}
