import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { amount } from '../../scripts/testing/amount.ts'
import { createEmptyDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { startTestApp } from '../../server/testing/app.ts'
import type { TestApp } from '../../server/testing/app.ts'
import { SessionId } from '../../shared/contract/ids.ts'
import { connect } from '../engine/connect.ts'
import { migrate, migrationNames, readSchemaVersion } from '../engine/migrate.ts'
import { hashTranscripts, inAnyOrder, writeTable } from '../queries/transfer/tables.ts'
import type { TableRows } from '../queries/transfer/tables.ts'

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

/** The number of additional copies of each conversation, under other ids. */
const COPIES = amount(0, 2_500)
/** The number of copies that are written in one statement. */
const AT_ONCE = 100

/** The small database of each released version, in its last state (scripts/release/keep-release.ts). */
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
    let all: string[] = []
    {
      const old = await connect({ databaseUrl: storage.url })
      await migrate(old.db, schema)
      expect(await readSchemaVersion(old.db)).toBe(schema)
      await old.db.transaction().execute((transaction) =>
        inAnyOrder(transaction, async () => {
          for (const table of tables) await writeTable(transaction, table)
          for (let copy = 1; copy <= COPIES; copy += AT_ONCE) {
            for (const table of tables) await writeTable(transaction, copiesOf(table, copy))
          }
        }),
      )
      const before = await hashTranscripts(old.db)
      expect(Object.fromEntries(before)).toMatchObject(transcripts)
      expect(before.size).toBe((COPIES + 1) * Object.keys(transcripts).length)
      const began = performance.now()
      await migrate(old.db)
      const seconds = (performance.now() - began) / 1_000
      console.log(`The upgrade of ${before.size} conversations took ${seconds.toFixed(1)} s`)
      expect(await readSchemaVersion(old.db)).toBe(migrationNames.at(-1))
      expect(await hashTranscripts(old.db)).toEqual(before)
      all = [...before.keys()]
      await old.close()
    }
    await using app = await startTestApp({ env: { DATABASE_URL: storage.url } })
    expect((await listAll(app)).toSorted()).toEqual(all.toSorted())
    for (const id of Object.keys(transcripts)) {
      const sessionId = SessionId.parse(id)
      const before = await app.caller.messages.list({ sessionId })
      await app.caller.messages.send({ sessionId, text: 'And now?' })
      const call = await app.model.nextCall()
      expect(call.step.messages.length).toBeGreaterThanOrEqual(before.messages.length + 1)
      call.say('Now too.')
      call.finish()
      await expect
        .poll(async () => (await app.caller.messages.list({ sessionId })).messages.at(-1))
        .toMatchObject({ status: 'completed' })
    }
  },
)

/**
 * Copies of the rows under other ids, but for those of people.
 *
 * @param first the number of the first of `AT_ONCE` copies
 */
function copiesOf({ table, columns, rows }: TableRows, first: number): TableRows {
  const copies: TableRows = { table, columns, rows: [] }
  if (table === 'users') return copies
  for (let copy = first; copy < first + AT_ONCE; copy += 1) {
    const start = copy.toString(16).padStart(8, '0')
    const replaced = (cell: string | null): string | null =>
      cell?.replaceAll(ID, (id, rest: string) => (id.startsWith('00000000') ? id : start + rest)) ??
      null
    copies.rows.push(...rows.map((row) => row.map(replaced)))
  }
  return copies
}

const ID = /[\da-f]{8}(-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12})/g

async function listAll(app: TestApp): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof app.caller.sessions.list>> =
      await app.caller.sessions.list({ cursor, limit: 100 })
    ids.push(...page.items.map(({ id }) => id))
    if (page.nextCursor === null) return ids
    cursor = page.nextCursor
  }
}
