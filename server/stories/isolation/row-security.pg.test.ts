import { describe, expect, test } from 'vitest'
import pg from 'pg'
import {
  createEmptyDatabase,
  createTestDatabase,
} from '../../../scripts/testing/postgres/test-database.ts'
import { connect } from '../../../db/engine/connect.ts'
import { migrate } from '../../../db/engine/migrate.ts'
import { RowsHiddenError } from '../../../db/engine/row-security.ts'
import { startTestApp } from '../../testing/app.ts'

test('a role that may do everything but own the tables is told so, and takes nothing for empty', async () => {
  await using storage = await createTestDatabase()
  const role = `guest_${crypto.randomUUID().replaceAll('-', '')}`
  const admin = new pg.Client({ connectionString: storage.url })
  await admin.connect()
  await admin.query(
    `create role ${role} login; grant all on all tables in schema public to ${role}`,
  )
  const url = new URL(storage.url)
  url.username = role
  const database = await connect({ databaseUrl: url.href })
  await expect(migrate(database.db)).rejects.toThrow(RowsHiddenError)
  await database.close()
  await admin.query(`drop owned by ${role}; drop role ${role}`)
  await admin.end()
})

describe('on a database that is set up as Supabase sets its own up', () => {
  /** Everything that a role which anybody may assume can do, and every table without row level security. */
  const EXPOSED = `
    select format('%s without row level security', pg_class.oid::regclass) as what
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'p') and nspname in ('public', 'jobs') and not relrowsecurity
    union all
    select format('%s: %s of %s', rolname, privilege, pg_class.oid::regclass)
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace, pg_roles,
      unnest('{select, insert, update, delete, truncate, references, trigger}'::text[]) as privilege
    where relkind in ('r', 'p', 'v', 'm', 'f') and nspname in ('public', 'jobs')
      and rolname in ('anon', 'authenticated') and has_table_privilege(rolname, pg_class.oid, privilege)
    union all
    select format('%s: %s of %s', rolname, privilege, pg_class.oid::regclass)
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace, pg_roles,
      unnest('{usage, select, update}'::text[]) as privilege
    where relkind = 'S' and nspname in ('public', 'jobs')
      and rolname in ('anon', 'authenticated') and has_sequence_privilege(rolname, pg_class.oid, privilege)
    order by 1`

  async function supabase() {
    const storage = await createEmptyDatabase()
    const admin = new pg.Client({ connectionString: storage.url })
    await admin.connect()
    for (const role of ['anon', 'authenticated']) {
      // Roles belong to the whole server, and another test may have created them.
      await admin.query(
        `do $$ begin create role ${role}; exception when duplicate_object or unique_violation then null; end $$;
        grant usage on schema public to ${role};
        alter default privileges in schema public grant all on tables to ${role};
        alter default privileges in schema public grant all on sequences to ${role};
        alter default privileges in schema public grant all on functions to ${role}`,
      )
    }
    return {
      url: storage.url,
      admin,
      exposed: async () => {
        const { rows } = await admin.query<{ what: string }>(EXPOSED)
        return rows.map(({ what }) => what)
      },
      [Symbol.asyncDispose]: async () => {
        await admin.end()
        await storage[Symbol.asyncDispose]()
      },
    }
  }

  test('its anonymous and its signed-in role can do nothing with any table or sequence (P10)', async () => {
    await using database = await supabase()
    {
      await using app = await startTestApp({ env: { DATABASE_URL: database.url } })
      await app.caller.sessions.create({ title: 'Secret' })
    }
    expect(await database.exposed()).toEqual([])
    await database.admin.query('set role anon')
    await expect(database.admin.query('select title from sessions')).rejects.toThrow(
      /permission denied/,
    )
    await database.admin.query('reset role')
  })

  test('a table that a migration leaves open would be found', async () => {
    await using database = await supabase()
    await database.admin.query('create table forgotten (id serial primary key)')
    const exposed = await database.exposed()
    expect(exposed).toContain('forgotten without row level security')
    expect(exposed).toContain('anon: select of forgotten')
    expect(exposed).toContain('authenticated: update of forgotten_id_seq')
  })
})
