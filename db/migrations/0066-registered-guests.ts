import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * A guest's use counts for the person as whom the guest registered, in rows of the guest's own, because running calls
 * still settle their reservations there.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table allowances add column counts_for uuid`.execute(db)
  await sql`create index allowances_counts_for on allowances (counts_for, day) where counts_for is not null`.execute(
    db,
  )
}
