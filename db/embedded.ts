import { fork } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from './database.ts'
import { exists, keptTemplate, makeFolder } from './embedded-template.ts'
import { EmbeddedThread } from './embedded-thread.ts'
import { INSERT_CHUNKS, eventColumns } from './events.ts'
import { lockFolder } from './folder-lock.ts'
import type { JobRow } from './jobs.ts'
import { namedInsert } from './named-insert.ts'
import { makePrivateFolder } from './private-folder.ts'
import type { Schema } from './schema.ts'
import { postgresParser } from './value-parsers.ts'

export type EmbeddedOptions = {
  /** The folder of the database, made when absent; `memory:` keeps everything in memory. */
  dataDir: string
  /**
   * Where the template may be kept: a database just made and migrated, which a new one is copied from (making one
   * takes seconds). Null makes every new database from nothing.
   */
  templateDir: string | null
}

/** How long a query waits for its turn before it is refused as trouble: one connection serves all. Milliseconds. */
const LONGEST_WAIT = 30_000

/**
 * Opens the embedded database, making it when there is none: PGlite, which is Postgres, in a thread of its own and with
 * one connection. `pg` speaks with it as with any other Postgres.
 */
export async function openEmbedded({ dataDir, templateDir }: EmbeddedOptions): Promise<Database> {
  if (dataDir === 'memory:') {
    return openThread(new EmbeddedThread({ folder: null, templateDir }))
  }
  await makePrivateFolder(dataDir)
  const unlock = lockFolder(dataDir)
  try {
    const folder = join(dataDir, 'postgres')
    if (!(await exists(folder))) {
      const template = await keptTemplate(templateDir)
      await (template ? makeFolder(folder, template) : makeElsewhere(folder, templateDir))
    }
    return await openThread(new EmbeddedThread({ folder, templateDir }), unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

/** @param unlock is called when all is closed */
export async function openThread(thread: EmbeddedThread, unlock = () => {}): Promise<Database> {
  await thread.start()
  const pool = new pg.Pool({
    stream: () => thread.connection(),
    // As PGlite calls them.
    user: 'postgres',
    database: 'postgres',
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: LONGEST_WAIT,
    types: { getTypeParser: postgresParser },
  })
  // A connection that breaks is replaced by the pool; the next query reports what is really wrong.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const insert = namedInsert(pool)
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return {
    kind: 'embedded',
    db,
    insertChunks: (rows) => insert('insert-chunks', INSERT_CHUNKS, eventColumns(rows)),
    // It belongs to this process alone.
    notifications: null,
    jobs: { executeSql: (statements, values) => pool.query<JobRow>(statements, values) },
    close: async () => {
      await db.destroy()
      if (!pool.ending) {
        await pool.end()
      }
      await thread.close()
      unlock()
    },
  }
}

/** In a child process, for what it takes would stay with this one. */
async function makeElsewhere(folder: string, templateDir: string | null): Promise<void> {
  // With the ending of this very file: the published package is compiled.
  const maker = new URL(`./embedded-maker${extname(import.meta.url)}`, import.meta.url)
  const child = fork(fileURLToPath(maker), [folder, templateDir ?? ''], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const [complaint, [status]] = await Promise.all([
    child.stderr ? text(child.stderr) : '',
    once(child, 'exit'),
  ])
  if (status !== 0) {
    throw new Error(`the embedded database in ${folder} could not be made: ${complaint.trim()}`)
  }
}
