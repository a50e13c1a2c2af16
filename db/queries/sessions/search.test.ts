import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect, sql } from 'kysely'
import { expect, test } from 'vitest'
import { migrate } from '../../engine/migrate.ts'
import type { Schema } from '../../schema.ts'

test('a database that has no trigrams to offer is migrated all the same', async () => {
  const pglite = new PGlite()
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) })
  await migrate(db)
  const { rows } = await sql<{ indexed: boolean }>`
    select to_regclass('messages_by_trigram') is not null as indexed`.execute(db)
  expect(rows).toEqual([{ indexed: false }])
  await pglite.close()
})
