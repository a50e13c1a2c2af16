import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Questions of an MCP server to a person during a call, and the task at the server that carries a call out: after a
 * takeover another node fetches its result.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tool_calls add column questions json`.execute(db)
  await sql`alter table tool_calls add column task json`.execute(db)
}
