import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Guests of one address, which is stored as a hash, share their limits. Otherwise a guest could begin anew at any time
 * and have all of them again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table users add column pool uuid`.execute(db)
  await sql`create index users_of_pool on users (pool) where pool is not null`.execute(db)
}
