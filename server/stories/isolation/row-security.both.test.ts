import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Roles that hosted databases let anybody assume, and to which they grant everything in `public`. */
const STRANGERS = ['anon', 'authenticated']
/** Tables that contain rows while a server runs: if these are hidden, so would the others be. */
const FILLED = ['users', 'sessions', 'messages', 'runs', 'events', 'nodes', 'kysely_migration']

/** The behaviour that both databases must share. */
onEachStorage((name, openStorage) => {
  test(`no role but the owner sees a row of any table, whatever it was granted (${name})`, async () => {
    await using storage = await openStorage()
    await using app = await startTestApp(storage)
    const { db } = app.services.database
    const { id } = await app.caller.sessions.create({ title: 'Secret' })
    await app.caller.messages.send({ sessionId: id, text: 'Hello' })
    ;(await app.model.nextCall()).finish()
    await expect.poll(async () => (await app.caller.sessions.get({ id })).running).toBe(false)

    const { rows: tables } = await sql<{ table: string; name: string; secured: boolean }>`
      select pg_class.oid::regclass::text as table, relname as name, relrowsecurity as secured
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where relkind in ('r', 'p') and nspname not in ('pg_catalog', 'information_schema')
        and nspname not like 'pg_toast%' order by 1`.execute(db)
    expect(tables.map((one) => one.name)).toEqual(expect.arrayContaining([...FILLED, 'job']))
    expect(tables.filter(({ secured }) => !secured)).toEqual([])

    await db.connection().execute(async (connection) => {
      const count = async (table: string) => {
        const { rows } = await sql<{ count: number }>`
          select count(*) as count from ${sql.raw(table)}`.execute(connection)
        return rows[0]?.count
      }
      for (const { table } of tables.filter((one) => FILLED.includes(one.name))) {
        expect(await count(table), table).toBeGreaterThan(0)
      }
      for (const role of STRANGERS) {
        // Roles belong to the whole server, and another test may have created them.
        await sql
          .raw(
            `do $$ begin create role ${role}; exception when duplicate_object or unique_violation then null; end $$`,
          )
          .execute(connection)
        for (const schema of ['public', 'jobs']) {
          await sql.raw(`grant usage on schema ${schema} to ${role}`).execute(connection)
          await sql
            .raw(`grant all on all tables in schema ${schema} to ${role}`)
            .execute(connection)
        }
        await sql.raw(`set role ${role}`).execute(connection)
        for (const { table } of tables) {
          expect(await count(table), `${role} in ${table}`).toBe(0)
        }
        await expect(
          sql`insert into node_secrets (name, secret) values ('mine', 'mine')`.execute(connection),
        ).rejects.toThrow(/row-level security/)
        await sql`reset role`.execute(connection)
      }
    })
  })
})
