// Moves the embedded database to a Postgres without any data of Throughline: conversations with their logs, queued
// messages, people, files' records, usage. The server must be stopped; the embedded database is only read.
//
// DATA_DIR=./data DATABASE_URL=postgres://… npm run move
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { connect } from '../db/engine/connect.ts'
import type { Database } from '../db/engine/database.ts'
import { migrate } from '../db/engine/migrate.ts'
import {
  hashTranscripts,
  inAnyOrder,
  liftTimeLimits,
  listKeptTables,
  readTable,
  writeTable,
} from '../db/queries/transfer/tables.ts'
import { explainStartFailure } from '../server/config/start-failure.ts'
import { readOwnConfig } from './own-config.ts'

/**
 * Copies every row in one transaction, and compares the conversations before the commit.
 *
 * @returns the number of sessions and rows
 * @throws when `to` has data already, or the copy differs from the original; then nothing has changed
 */
export async function moveDatabase(
  from: Database,
  to: Database,
): Promise<{ sessions: number; rows: number }> {
  await migrate(from.db)
  await migrate(to.db)
  const tables = await listKeptTables(from.db)
  const before = await hashTranscripts(from.db)
  let count = 0
  await to.db.transaction().execute(async (transaction) => {
    await liftTimeLimits(transaction)
    await inAnyOrder(transaction, async () => {
      for (const table of tables) {
        for await (const { rows } of readTable(transaction, table)) {
          if (rows.length > 0) throw new Error(`the new database is not empty: ${table} has rows`)
        }
        for await (const batch of readTable(from.db, table)) {
          await writeTable(transaction, batch)
          count += batch.rows.length
        }
      }
      const after = await hashTranscripts(transaction)
      const lost = [...before].filter(([id, hash]) => after.get(id) !== hash)
      if (lost.length > 0 || after.size !== before.size) {
        throw new Error(`${lost.length} conversations did not arrive as they were`)
      }
    })
  })
  return { sessions: before.size, rows: count }
}

if (import.meta.main) {
  const config = await readOwnConfig()
  const { databaseUrl, dataDir } = config
  if (databaseUrl === null || !existsSync(join(dataDir, 'postgres'))) {
    console.error(
      'Set DATABASE_URL to the new database, and DATA_DIR to the folder of the old one.',
    )
    process.exit(78)
  }
  const templateDir = fileURLToPath(new URL('../node_modules/.cache/throughline', import.meta.url))
  try {
    await using opened = new AsyncDisposableStack()
    const open = async (options: Parameters<typeof connect>[0]) =>
      opened.adopt(await connect(options), (one) => one.close())
    const from = await open({ dataDir, templateDir })
    const { sessions, rows } = await moveDatabase(from, await open({ databaseUrl }))
    console.log(`Moved ${sessions} conversations, ${rows} rows in all, each as it was.`)
    console.log(`Files stay in ${dataDir}: keep DATA_DIR as it is, or copy its folder files along.`)
  } catch (error) {
    console.error(explainStartFailure(error, config))
    process.exit(1)
  }
}
