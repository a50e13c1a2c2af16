import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Contents whose text has still to be read, or whose messages have still to be updated. From `reading_due` on any node
 * may take one; it moves the time on for as long as it works.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table file_contents
    add column reading text check (reading in ('waiting', 'telling')),
    add column reading_due timestamptz(3),
    add column reading_attempts integer not null default 0`,
  `create index file_contents_to_read on file_contents (reading_due) where reading is not null`,
]
