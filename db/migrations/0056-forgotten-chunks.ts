import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * An answer that its client does not want stored keeps its tokens one by one only as long as it takes to read them to their
 * end.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table runs add column forgets_chunks boolean not null default false`,
  `create index runs_forgetting on runs (ended_at) where forgets_chunks and keeps_chunks`,
]
