import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { connect } from './connect.ts'
import type { Database } from './database.ts'

/** Where the template is kept that new databases are copied from. */
export const TEMPLATE_DIR = fileURLToPath(
  new URL('../node_modules/.cache/throughline', import.meta.url),
)

type Reusable = { database: Database; filled: ReadonlySet<string> }

/** Databases that a test closed, emptied: one costs a second of a processor to make and a few milliseconds to empty. */
const idle: Reusable[] = []

/** A migrated and empty embedded database in memory: a fresh one to whoever uses it. Closing it leaves it to others. */
export async function memoryDatabase(): Promise<Database> {
  const reusable = idle.pop() ?? (await make())
  return {
    ...reusable.database,
    close: async () => {
      await empty(reusable)
      idle.push(reusable)
    },
  }
}

async function make(): Promise<Reusable> {
  const database = await connect({ dataDir: 'memory:', templateDir: TEMPLATE_DIR })
  const tables = await listTables(database)
  const counts = await sql<{ name: string }>`${sql.join(
    tables.map((name) => sql`(select ${sql.lit(name)} as name from ${sql.raw(name)} limit 1)`),
    sql` union all `,
  )}`.execute(database.db)
  return { database, filled: new Set(counts.rows.map(({ name }) => name)) }
}

/**
 * All tables but those that the migrations filled, with what came since. Without triggers, for those would note each
 * deleted session, and without foreign keys, so in any order. Deleting the little there is is quicker than `truncate`.
 */
async function empty({ database, filled }: Reusable): Promise<void> {
  const tables = (await listTables(database)).filter((name) => !filled.has(name))
  const deletions = tables.map((name) => `delete from ${name};`).join('')
  await database.jobs.executeSql(
    `set session_replication_role = replica; ${deletions} reset session_replication_role`,
  )
}

async function listTables({ db }: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname in ('public', 'jobs')
    order by 1`.execute(db)
  return rows.map(({ name }) => name)
}
