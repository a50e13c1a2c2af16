import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { onEachDatabase } from '../../scripts/testing/postgres/each-database.ts'
import { migrate } from '../engine/migrate.ts'
import { OWNED_TABLES } from './ownership.ts'

/**
 * Tables whose rows are deleted with their person and never transferred, because logins at MCP servers are encrypted
 * for one person.
 */
const OWN = ['auth_users', 'auth_links', 'mcp_logins', 'mcp_sign_ins']

onEachDatabase((name, openDatabase) => {
  test(`every table that says whose a row is goes over to the account of a guest (${name})`, async () => {
    await using opened = new AsyncDisposableStack()
    const { db } = opened.adopt(await openDatabase(), (open) => open.close())
    await migrate(db)
    const { rows } = await sql<{ name: string }>`
      select distinct relname as name from pg_constraint
      join pg_class on pg_class.oid = conrelid
      where contype = 'f' and confrelid = 'users'::regclass`.execute(db)
    expect(rows.map((row) => row.name).toSorted()).toEqual([...OWNED_TABLES, ...OWN].toSorted())
  })
})
