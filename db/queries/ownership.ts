import { sql } from 'kysely'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import { countAllowancesFor } from './usage/allowances.ts'

/** Every table with a column for the owner of a row. */
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
 * Gives everything of one person to another one, and deletes the first. Its running runs are released: within a second
 * the next attempt at each begins for the new owner, and the node that drives it now can write nothing more.
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
  await countAllowancesFor(transaction, from, to)
  await transaction.deleteFrom('users').where('id', '=', from).execute()
}
