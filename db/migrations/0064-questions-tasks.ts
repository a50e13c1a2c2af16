import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * What an MCP server asks a person in the middle of a call, and the task at the server that a call was made as: another
 * node asks for its result after a takeover.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tool_calls add column questions json`.execute(db)
  await sql`alter table tool_calls add column task json`.execute(db)
}
