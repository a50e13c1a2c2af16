import { sql } from 'kysely'
import { UserLimits } from '../../../shared/contract/user.ts'
import type { KeyId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/** What model calls may use on one day; null is without limit. */
export type DayLimits = { tokens: number | null; usd: number | null }

/** What was used on a day, what is set aside beside it, and what was lacking for a call that was refused. */
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

/** What an administrator set for a person, and what a key of theirs may spend on a day; null where it may anything. */
export async function readPayerLimits(
  db: Db,
  userId: UserId,
  keyId: KeyId | null,
): Promise<{ own: UserLimits; keyUsdPerDay: number | null }> {
  const { rows } = await sql<{ limits: unknown; keyUsdPerDay: number | null }>`
    select limits, (
      select usd_per_day from api_keys where api_keys.id = ${keyId}::uuid) as "keyUsdPerDay"
    from users where id = ${userId}`.execute(db)
  return {
    own: UserLimits.safeParse(rows[0]?.limits ?? {}).data ?? {},
    keyUsdPerDay: rows[0]?.keyUsdPerDay ?? null,
  }
}

const columns = sql`tokens, tokens_reserved as "tokensReserved", tokens_short as "tokensShort",
  usd, usd_reserved as "usdReserved", usd_short as "usdShort"`

/** Nothing was used where there is no row. */
export async function readAllowance(db: Db, { payer, day }: PayerDay): Promise<Allowance> {
  const { rows } = await sql<Allowance>`
    select ${columns} from allowances where payer = ${payer} and day = ${day}::date`.execute(db)
  return rows[0] ?? UNUSED
}

const UNUSED: Allowance = {
  tokens: 0,
  tokensReserved: 0,
  tokensShort: 0,
  usd: 0,
  usdReserved: 0,
  usdShort: 0,
}

/** Reads it, and lets nobody else set anything aside until the transaction ends. */
export async function lockAllowance(transaction: Db, { payer, day }: PayerDay): Promise<Allowance> {
  const { rows } = await sql<Allowance>`
    insert into allowances (payer, day) values (${payer}, ${day}::date)
    on conflict (payer, day) do update set tokens = allowances.tokens
    returning ${columns}`.execute(transaction)
  return rows[0] ?? UNUSED
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

/** Puts what a call used in the place of what was set aside for it. */
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

/** Notes what a call would have needed for which too little was left: who has less has nothing left for the day. */
export async function noteShortage(
  db: Db,
  { payer, day }: PayerDay,
  { tokens, usd }: Amount,
): Promise<void> {
  await sql`
    update allowances set tokens_short = greatest(tokens_short, ${tokens}::bigint), usd_short = greatest(usd_short, ${usd}::double precision)
    where payer = ${payer} and day = ${day}::date`.execute(db)
}
