import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** The chunks of an answer that its client does not want stored stay unmerged only as long as it takes to read them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table runs add column forgets_chunks boolean not null default false`,
  `create index runs_forgetting on runs (ended_at) where forgets_chunks and keeps_chunks`,
]
