import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createEmptyDatabase } from '../../scripts/testing/test-database.ts'
import { startTestApp } from '../../server/testing/app.ts'
import { connect } from '../engine/connect.ts'
import { migrate, migrationNames, readSchemaVersion } from '../engine/migrate.ts'
import { hashTranscripts, inAnyOrder, writeTable } from '../queries/transfer/tables.ts'

const Kept = z.object({
  version: z.string(),
  schema: z.string(),
  transcripts: z.record(z.string(), z.string()),
  tables: z.array(
    z.object({
      table: z.string(),
      columns: z.array(z.string()),
      rows: z.array(z.array(z.string().nullable())),
    }),
  ),
})

/** Each version's small database, as it left it (scripts/keep-release.ts). */
const releases = globSync('*.json', { cwd: import.meta.dirname }).map((file) =>
  Kept.parse(JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8'))),
)

test('there is a database of an earlier version', () => {
  expect(releases.length).toBeGreaterThan(0)
})

test.each(releases)(
  'a database of version $version is brought to the newest schema, with every conversation as it was, and goes on',
  async ({ schema, transcripts, tables }) => {
    await using storage = await createEmptyDatabase()
    {
      const old = await connect({ databaseUrl: storage.url })
      await migrate(old.db, schema)
      expect(await readSchemaVersion(old.db)).toBe(schema)
      await old.db.transaction().execute((transaction) =>
        inAnyOrder(transaction, async () => {
          for (const table of tables) await writeTable(transaction, table)
        }),
      )
      await migrate(old.db)
      expect(await readSchemaVersion(old.db)).toBe(migrationNames.at(-1))
      expect(Object.fromEntries(await hashTranscripts(old.db))).toEqual(transcripts)
      await old.close()
    }
    await using app = await startTestApp({ env: { DATABASE_URL: storage.url } })
    const { items } = await app.caller.sessions.list({})
    expect(items.map(({ id }) => id).toSorted()).toEqual(Object.keys(transcripts))
    for (const { id } of items) {
      const before = await app.caller.messages.list({ sessionId: id })
      await app.caller.messages.send({ sessionId: id, text: 'And now?' })
      const call = await app.model.nextCall()
      expect(call.step.messages.length).toBeGreaterThanOrEqual(before.messages.length + 1)
      call.say('Now too.')
      call.finish()
      await expect
        .poll(async () => (await app.caller.messages.list({ sessionId: id })).messages.at(-1))
        .toMatchObject({ status: 'completed' })
    }
  },
)
