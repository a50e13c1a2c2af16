import { sql } from 'kysely'
import type { TestApp } from './app.ts'

/**
 * Gives the running runs to a node that does not exist, as if their own had died: this node takes them over.
 *
 * @param attempts the number of their attempts so far; as it is when absent
 */
export async function orphanRuns({ services }: TestApp, attempts?: number): Promise<void> {
  await sql`update runs set owner = gen_random_uuid(), attempt = coalesce(${attempts ?? null}::int, attempt)
    where status = 'running'`.execute(services.database.db)
}
