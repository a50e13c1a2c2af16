import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Schema } from '../../db/schema.ts'

/** The description of a table in the database's catalogue. */
export type TableDescription = {
  name: string
  comment: string | null
  rowSecurity: boolean
  policies: number
  columns: ColumnDescription[]
  /** Keys and checks, as Postgres writes them. */
  constraints: { name: string; definition: string }[]
  /** Indexes that do not belong to a constraint. */
  indexes: { name: string; definition: string }[]
  triggers: { name: string; definition: string }[]
}

export type ColumnDescription = {
  name: string
  type: string
  nullable: boolean
  /** The default, or the expression of a generated column. */
  value: string | null
  kind: 'default' | 'generated' | 'identity' | null
}

/** Reads the tables of the schema `public`, by name. */
export async function describeTables(db: Kysely<Schema>): Promise<TableDescription[]> {
  const { rows } = await sql<{ oid: number } & Omit<TableDescription, 'columns'>>`
    select pg_class.oid::int as oid, relname as name, obj_description(pg_class.oid, 'pg_class') as comment,
      relrowsecurity as "rowSecurity",
      (select count(*)::int from pg_policy where polrelid = pg_class.oid) as policies
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
    order by relname collate "C"`.execute(db)
  const tables: TableDescription[] = []
  for (const { oid, name, comment, rowSecurity, policies } of rows) {
    const columns = await readColumns(db, oid)
    const constraints = await readDefinitions(
      db,
      sql`select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
        where conrelid = ${oid}::int::oid and contype in ('p', 'u', 'f', 'c', 'x')
        order by array_position(array['p', 'u', 'f', 'c', 'x'], contype::text), conname collate "C"`,
    )
    const indexes = await readDefinitions(
      db,
      sql`select relname as name, pg_get_indexdef(indexrelid) as definition from pg_index
        join pg_class on pg_class.oid = indexrelid
        where indrelid = ${oid}::int::oid
          and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
        order by relname collate "C"`,
    )
    const triggers = await readDefinitions(
      db,
      sql`select tgname as name, pg_get_triggerdef(oid) as definition from pg_trigger
        where tgrelid = ${oid}::int::oid and not tgisinternal order by tgname collate "C"`,
    )
    tables.push({ name, comment, rowSecurity, policies, columns, constraints, indexes, triggers })
  }
  return tables
}

async function readColumns(db: Kysely<Schema>, table: number): Promise<ColumnDescription[]> {
  const { rows } = await sql<ColumnDescription>`
    select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
      pg_get_expr(adbin, adrelid) as value,
      case when attidentity <> '' then 'identity' when attgenerated <> '' then 'generated'
        when adbin is not null then 'default' end as kind
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = ${table}::int::oid and attnum > 0 and not attisdropped order by attnum`.execute(
    db,
  )
  return rows
}

async function readDefinitions(
  db: Kysely<Schema>,
  query: ReturnType<typeof sql>,
): Promise<{ name: string; definition: string }[]> {
  const { rows } = await sql<{ name: string; definition: string }>`${query}`.execute(db)
  return rows
}
