import { sql } from 'kysely'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'

/** Every table that says whose a row is. */
export const OWNED_TABLES = [
  'sessions',
  'messages',
  'runs',
  'tool_calls',
  'shares',
  'background_usage',
  'api_keys',
  'files',
  'presets',
  'projects',
  'push_subscriptions',
] as const

/**
 * Gives a person everything that another one has, and deletes that one. Runs that are going are released: the next
 * attempt at each, within a second, is the new owner's, and the node that drives it now can write nothing more.
 */
export async function transferEverything(transaction: Db, from: UserId, to: UserId): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ owner: null })
    .where('user_id', '=', from)
    .where('status', '=', 'running')
    .execute()
  for (const table of OWNED_TABLES) {
    await sql`update ${sql.table(table)} set user_id = ${to} where user_id = ${from}`.execute(
      transaction,
    )
  }
  // Whoever registers begins with what they used as a guest.
  await sql`
    insert into allowances as mine (payer, day, tokens, tokens_reserved, usd, usd_reserved)
    select ${to}::uuid, day, tokens, tokens_reserved, usd, usd_reserved from allowances where payer = ${from}
    on conflict (payer, day) do update set
      tokens = mine.tokens + excluded.tokens, tokens_reserved = mine.tokens_reserved + excluded.tokens_reserved,
      usd = mine.usd + excluded.usd, usd_reserved = mine.usd_reserved + excluded.usd_reserved`.execute(
    transaction,
  )
  await transaction.deleteFrom('users').where('id', '=', from).execute()
}
