import { sql } from 'kysely'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import { countAllowancesFor } from './usage/allowances.ts'

/** Every table with a column for the owner of a row, in the order in which transactions lock them: sessions, then runs. */
export const OWNED_TABLES = [
  'sessions',
  'runs',
  'messages',
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
 * Gives everything of one person to another one, and deletes the first. Its running runs are released, and the calls
 * that are tried again: within a second the next attempt at each run begins for the new owner, and then the node that
 * drives it now can write nothing more.
 *
 * It locks sessions before their runs, as all other transactions do. The caller repeats it after a deadlock, which is
 * possible only with what begins in a session that is a few milliseconds old.
 */
export async function transferEverything(transaction: Db, from: UserId, to: UserId): Promise<void> {
  await transferRows(transaction, from, to)
  // This waits for those who are adding rows of the person, and lets nobody begin: the deletion would take such rows along.
  await sql`select from users where id = ${from} for update`.execute(transaction)
  await transferRows(transaction, from, to)
  await countAllowancesFor(transaction, from, to)
  await transaction.deleteFrom('users').where('id', '=', from).execute()
}

async function transferRows(transaction: Db, from: UserId, to: UserId): Promise<void> {
  for (const table of OWNED_TABLES) {
    const released = RELEASED[table]
    const also = released ? sql`, owner = ${sql.raw(released)}` : sql``
    await sql`update ${sql.table(table)} set user_id = ${to}${also} where user_id = ${from}`.execute(
      transaction,
    )
  }
}

/**
 * The node of each row from then on. A call that is tried again is left as if its node had died: that node cannot record
 * the outcome for the new owner, so within a second any node records it as unknown.
 */
const RELEASED: Partial<Record<(typeof OWNED_TABLES)[number], string>> = {
  runs: "case when status = 'running' then null else owner end",
  tool_calls: 'case when owner is not null then gen_random_uuid() end',
}
