import { type Kysely, sql } from 'kysely'

/** What a person is told about how an answer was asked for, beside the answer itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column notes json`.execute(db)
}
