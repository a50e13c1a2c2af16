import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** A call that a client carries out may have a deadline. Few calls have one, so the index has only those that wait. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table tool_calls add column deadline_at timestamptz(3)`,
  `create index tool_calls_deadlines on tool_calls (deadline_at)
    where deadline_at is not null and status = 'running'`,
]
