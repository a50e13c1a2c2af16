import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Requests by `/v1/responses`, to be repeated when they are retrieved. A run that waits for outputs and goes on is
 * several responses, which `segment` counts.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `create table responses (
    run_id uuid not null references runs on delete cascade,
    segment integer not null,
    request json not null,
    input json not null,
    created_at timestamptz(3) not null,
    deleted_at timestamptz(3),
    primary key (run_id, segment)
  )`,
  `alter table responses enable row level security`,
]
