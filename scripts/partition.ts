// Divides the log, the table `events`, into partitions, while the nodes go on: docs/operations.md ("When the log is large").
//   DATABASE_URL=postgres://… npm run partition -- 32
import process from 'node:process'
import { sql } from 'kysely'
import { connect } from '../db/engine/connect.ts'
import { migrate } from '../db/engine/migrate.ts'
import { partitionEvents } from '../db/queries/log/partitions.ts'
import type { PartitionOptions } from '../db/queries/log/partitions.ts'
import { explainStartFailure } from '../server/config/start-failure.ts'
import { readOwnConfig } from './own-config.ts'

/**
 * Divides the log of a database that nodes may be using.
 *
 * @returns the number of events; null when the log is partitioned already
 */
export async function divideLog(
  databaseUrl: string,
  options: PartitionOptions,
): Promise<number | null> {
  await using opened = new AsyncDisposableStack()
  const database = await connect({ databaseUrl, poolSize: 1 })
  opened.defer(() => database.close())
  await migrate(database.db)
  return await database.db.connection().execute(async (db) => {
    await sql`
      select set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)`.execute(
      db,
    )
    return partitionEvents(db, options)
  })
}

if (import.meta.main) {
  const config = await readOwnConfig()
  const partitions = Number(process.argv[2] ?? 32)
  const isUsable = Number.isInteger(partitions) && partitions >= 2 && partitions <= 256
  if (config.databaseUrl === null || !isUsable) {
    console.error(
      'Usage: DATABASE_URL=postgres://… npm run partition -- 32      2 to 256 partitions',
    )
    process.exit(78)
  }
  try {
    const began = performance.now()
    const tell = (text: string): void => console.log(text)
    const events = await divideLog(config.databaseUrl, { partitions, tell })
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    console.log(
      events === null
        ? 'The log is divided into partitions already. Nothing was changed.'
        : `${events} events are in ${partitions} partitions now; it took ${seconds} s.`,
    )
  } catch (error) {
    console.error(explainStartFailure(error, config))
    process.exitCode = 1
  }
}
