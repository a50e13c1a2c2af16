import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'

/** The rows of a table as text. Postgres writes and reads every type as text without loss. */
export type TableRows = { table: string; columns: string[]; rows: (string | null)[][] }

/** Tables with data of running processes only, and tables that each database makes itself. */
const NOT_MOVED = [
  ...['kysely_migration', 'kysely_migration_lock', 'nodes', 'readers', 'node_secrets'],
  // Triggers fill it when the files are written.
  'file_checks',
]
/** The most rows in memory. */
const BATCH = 500

type Column = { name: string; type: string }

/** The names of the tables whose rows have to be moved. */
export async function listKeptTables(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relkind in ('r', 'p') and not relispartition and relnamespace = current_schema()::regnamespace
      and relname <> all(${NOT_MOVED}::text[])
    order by 1`.execute(db)
  return rows.map(({ name }) => name)
}

/** The columns that are not generated from others. */
async function columnsOf(db: Db, table: string): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
    where attrelid = to_regclass(${table}) and attnum > 0 and not attisdropped and attgenerated = ''
    order by attnum`.execute(db)
  return rows
}

/** The rows of a table in batches; in a transaction of repeatable reads all are of one moment. */
export async function* readTable(db: Db, table: string): AsyncGenerator<TableRows> {
  const columns = (await columnsOf(db, table)).map(({ name }) => name)
  const values = sql.join(columns.map((name) => sql`${sql.ref(name)}::text`))
  for (const part of await partsOf(db, table)) {
    // Rows are ordered by their physical place (`ctid`), because some tables have a key of several columns.
    let after = '(0,0)'
    for (;;) {
      const { rows } = await sql<{ place: string; row: (string | null)[] }>`
        select ctid::text as place, array[${values}] as row from ${sql.table(part)}
        where ctid > ${after}::tid order by ctid limit ${BATCH}`.execute(db)
      const last = rows.at(-1)
      if (!last) break
      yield { table, columns, rows: rows.map(({ row }) => row) }
      after = last.place
    }
  }
}

/** The tables with the rows of one: its partitions, or itself. A `ctid` is unique within one of them. */
export async function partsOf(db: Db, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_partition_tree(${table}::regclass) join pg_class on oid = relid
    where isleaf order by 1`.execute(db)
  return rows.length === 0 ? [table] : rows.map(({ name }) => name)
}

/** Adds rows to a table that has their columns, and possibly further ones. */
export async function writeTable(db: Db, { table, columns, rows }: TableRows): Promise<void> {
  const types = new Map((await columnsOf(db, table)).map(({ name, type }) => [name, type]))
  const known = columns.map((name, index) => ({ name, index, type: types.get(name) }))
  const lists = known.map(({ index }) => sql`${rows.map((row) => row[index] ?? null)}::text[]`)
  const given = known.map(({ name, type }) => {
    if (type === undefined) throw new Error(`${table} has no column ${name}`)
    return sql`${sql.ref(`given.${name}`)}::${sql.raw(type)}`
  })
  const names = sql.join(columns.map((name) => sql.ref(name)))
  await sql`
    insert into ${sql.table(table)} (${names}) overriding system value
    select ${sql.join(given)} from unnest(${sql.join(lists)}) as given(${names})`.execute(db)
}

/**
 * Does the work with foreign keys off, so that rows may come in any order, and checks the keys afterwards. Sequences
 * then go on behind the greatest existing number.
 *
 * @param transaction of the owner of the tables
 */
export async function inAnyOrder(transaction: Db, work: () => Promise<void>): Promise<void> {
  const { rows } = await sql<{ statement: string }>`
    select format('alter table %s alter constraint %I', conrelid::regclass, conname) as statement
    from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace
      and conparentid = 0`.execute(transaction)
  const alter = async (how: string) => {
    for (const { statement } of rows) await sql.raw(`${statement} ${how}`).execute(transaction)
  }
  await alter('deferrable initially deferred')
  await work()
  await sql`set constraints all immediate`.execute(transaction)
  await alter('not deferrable')
  const { rows: counters } = await sql<{ statement: string }>`
    select format('select setval(%L, coalesce(max(%I), 0) + 1, false) from %s',
      pg_get_serial_sequence(attrelid::regclass::text, attname), attname, attrelid::regclass) as statement
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where attidentity <> '' and relnamespace = current_schema()::regnamespace`.execute(transaction)
  for (const { statement } of counters) await sql.raw(statement).execute(transaction)
}

/**
 * Lifts the limits of time for the transaction: what concerns a whole database may take minutes in one statement, and
 * waits in between for another database. They hold again afterwards, because a pooler may give the connection to another
 * client.
 */
export async function liftTimeLimits(transaction: Db): Promise<void> {
  await sql`
    select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
      set_config('idle_in_transaction_session_timeout', '0', true)`.execute(transaction)
}

/**
 * A SHA-256 of each session's messages, steps, calls and log, by its id: equal if nothing of a conversation was lost or
 * changed. It includes only columns that every version has.
 */
export async function hashTranscripts(db: Db): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; hash: string }>`
    select id, encode(sha256(convert_to(concat_ws(E'\n\n', title, summary, status, active_leaf,
      (select string_agg(concat_ws('|', id, parent_id, role, status, parts::text, error::text), E'\n' order by id)
        from messages where session_id = sessions.id),
      (select string_agg(concat_ws('|', id, message_id, name, status, arguments, output::text, error), E'\n' order by id)
        from tool_calls where session_id = sessions.id),
      (select string_agg(concat_ws('|', seq, type, data), E'\n' order by seq)
        from events where session_id = sessions.id)
    ), 'UTF8')), 'hex') as hash
    from sessions order by id`.execute(db)
  return new Map(rows.map(({ id, hash }) => [id, hash]))
}
