import { fileURLToPath } from 'node:url'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import type { Schema } from '../schema.ts'
import { connect } from './connect.ts'
import type { Database } from './database.ts'

/** The folder with the cached template from which new databases are copied. */
export const TEMPLATE_DIR = fileURLToPath(
  new URL('../../node_modules/.cache/throughline', import.meta.url),
)

/** A database for tests that is emptied between them: creating one takes a second of CPU, emptying it milliseconds. */
export type Reusable = {
  database: Database
  /** The tables into which the migrations insert rows. */
  filled: ReadonlySet<string>
  schema: string
}

/** Closed embedded databases, emptied for reuse. */
const idle: Reusable[] = []

/** A migrated, empty embedded database in memory. Closing it makes it available for reuse if its schema is unchanged. */
export async function memoryDatabase(): Promise<Database> {
  const reusable = idle.pop() ?? (await makeInMemory())
  const { database } = reusable
  return {
    ...database,
    close: async () => {
      if (await emptied(reusable)) {
        idle.push(reusable)
      } else {
        await database.close()
      }
    },
  }
}

export type KeptConnections = AsyncDisposable & { open: () => Promise<Database> }

const keptConnections = new Map<string, KeptConnections>()

/** Keeps the connections of a database when it is closed, for the next one who opens it, until it is disposed. */
export function keepConnections(databaseUrl: string): KeptConnections {
  const unused: Database[] = []
  const connections = {
    open: async () => {
      const database = unused.pop() ?? (await connect({ databaseUrl }))
      return { ...database, close: async () => void unused.push(database) }
    },
    [Symbol.asyncDispose]: async () => {
      keptConnections.delete(databaseUrl)
      await Promise.all(unused.map((database) => database.close()))
    },
  }
  keptConnections.set(databaseUrl, connections)
  return connections
}

/** Opens a database by connections that are kept, if those of this address are. */
export function keptDatabase(databaseUrl: string): (() => Promise<Database>) | undefined {
  return keptConnections.get(databaseUrl)?.open
}

/** A database that accepts everything at once and is always empty, to measure the rest without a database. */
export function emptyDatabase(): Database {
  const db = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => new PostgresIntrospector(of),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  return {
    kind: 'embedded',
    db,
    writer: db,
    transactionsAtOnce: 1,
    insertChunks: async () => undefined,
    notifications: null,
    jobs: { executeSql: async () => ({ rows: [] }) },
    close: async () => undefined,
  }
}

async function makeInMemory(): Promise<Reusable> {
  return reusable(await connect({ dataDir: 'memory:', templateDir: TEMPLATE_DIR }))
}

/** @param database migrated, without other rows */
export async function reusable(database: Database): Promise<Reusable> {
  const tables = await listTables(database)
  const filled = await sql<{ name: string }>`${sql.join(
    tables.map((name) => sql`(select ${sql.lit(name)} as name from ${sql.raw(name)} limit 1)`),
    sql` union all `,
  )}`.execute(database.db)
  const schema = await describeSchema(database)
  return { database, filled: new Set(filled.rows.map(({ name }) => name)), schema }
}

/**
 * Empties all tables except those that migrations filled. Triggers are disabled, because they would record each deleted
 * session, and foreign keys too, so that any order works. For a few rows, deleting is faster than `truncate`.
 *
 * @returns false when the schema is not as it was: then the database cannot be used again
 */
export async function emptied({ database, filled, schema }: Reusable): Promise<boolean> {
  if ((await describeSchema(database)) !== schema) return false
  const tables = (await listTables(database)).filter((name) => !filled.has(name))
  const deletions = tables.map((name) => `delete from ${name};`).join('')
  await database.jobs.executeSql(
    `set session_replication_role = replica; ${deletions} reset session_replication_role`,
  )
  return true
}

async function listTables({ db }: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname in ('public', 'jobs')
    order by 1`.execute(db)
  return rows.map(({ name }) => name)
}

/** All definitions and rights as text, to compare two databases. */
async function describeSchema({ db }: Database): Promise<string> {
  const { rows } = await sql<{ schema: string }>`
    select concat_ws(
      ' / ',
      (select string_agg(concat(oid, relacl, relrowsecurity, relforcerowsecurity), ' ' order by oid) from pg_class where oid > 16383),
      (select string_agg(concat(oid, proacl), ' ' order by oid) from pg_proc where oid > 16383),
      (select string_agg(oid::text, ' ' order by oid) from pg_constraint where oid > 16383),
      (select string_agg(concat(oid, tgenabled), ' ' order by oid) from pg_trigger where oid > 16383)
    ) as schema`.execute(db)
  return rows[0]?.schema ?? ''
}
