// Deletes the logs of conversations that nobody used for some days; the conversations stay: docs/operations.md ("When the
// log is large").
//   DATABASE_URL=postgres://… npm run prune -- 90             while the nodes run
//   DATABASE_URL=postgres://… npm run prune -- 90 --rewrite   gives the disk back at once, and locks part after part
import process from 'node:process'
import { sql } from 'kysely'
import { connect } from '../db/engine/connect.ts'
import { migrate } from '../db/engine/migrate.ts'
import { pruneLogs } from '../db/queries/log/retention.ts'
import type { PruneOptions } from '../db/queries/log/retention.ts'
import { explainStartFailure } from '../server/config/start-failure.ts'
import { readOwnConfig } from './own-config.ts'

/**
 * Prunes the logs of a database that nodes may be using.
 *
 * @returns the number of sessions, and of events
 */
export async function pruneDatabase(
  databaseUrl: string,
  options: PruneOptions,
): Promise<{ sessions: number; events: number }> {
  await using opened = new AsyncDisposableStack()
  const database = await connect({ databaseUrl, poolSize: 1 })
  opened.defer(() => database.close())
  await migrate(database.db)
  return await database.db.connection().execute(async (db) => {
    await sql`select set_config('statement_timeout', '0', false)`.execute(db)
    return pruneLogs(db, options)
  })
}

if (import.meta.main) {
  const config = await readOwnConfig()
  const days = Number(process.argv.slice(2).find((argument) => !argument.startsWith('-')))
  const rewrite = process.argv.includes('--rewrite')
  if (config.databaseUrl === null || !Number.isInteger(days) || days < 1) {
    console.error('Usage: DATABASE_URL=postgres://… npm run prune -- DAYS [--rewrite]')
    process.exit(78)
  }
  try {
    const before = new Date(Date.now() - days * 86_400_000).toISOString()
    const { sessions, events } = await pruneDatabase(config.databaseUrl, {
      ...{ before, rewrite },
      onTable: (done) =>
        console.log(`${done.table}: ${done.events} events of ${done.sessions} conversations`),
    })
    console.log(
      `Deleted ${events} events of ${sessions} conversations that nobody used for ${days} days.`,
    )
  } catch (error) {
    console.error(explainStartFailure(error, config))
    process.exitCode = 1
  }
}
