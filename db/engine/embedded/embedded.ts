import { fork } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Kysely } from 'kysely'
import pg from 'pg'
import type { Database } from '../database.ts'
import { exists, keptTemplate, makeFolder } from './embedded-template.ts'
import { EmbeddedThread } from './embedded-thread.ts'
import { INSERT_CHUNKS, eventColumns } from '../../queries/log/events.ts'
import { lockFolder } from './folder-lock.ts'
import type { JobRow } from '../../queries/jobs.ts'
import { namedInsert } from '../postgres/named-statements.ts'
import { TransactionLockDialect } from '../postgres/dialect.ts'
import { makePrivateFolder } from './private-folder.ts'
import type { Schema } from '../../schema.ts'
import { postgresParser } from '../value-parsers.ts'

export type EmbeddedOptions = {
  /** The folder of the database, created when absent; `memory:` keeps everything in memory. */
  dataDir: string
  /**
   * The folder in which the template may be cached: a new, migrated database from which others are copied, because
   * creating one takes seconds. With null, every database is created without a template.
   */
  templateDir: string | null
}

/** A query that waits longer for the single connection fails with a connection error. */
const QUEUE_TIMEOUT_MS = 30_000

/**
 * Opens the embedded database, and creates it when there is none. It is PGlite, a Postgres in WebAssembly, in its own
 * thread and with one connection; `pg` uses it like any other Postgres.
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

/** @param unlock called when everything is closed */
export async function openThread(thread: EmbeddedThread, unlock = () => {}): Promise<Database> {
  await thread.start()
  const pool = new pg.Pool({
    stream: () => thread.connection(),
    // The names that PGlite uses.
    user: 'postgres',
    database: 'postgres',
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: QUEUE_TIMEOUT_MS,
    types: { getTypeParser: postgresParser },
  })
  // The pool replaces a connection that breaks; the next query reports the actual error.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const insert = namedInsert(pool, { hold: true })
  const db = new Kysely<Schema>({ dialect: new TransactionLockDialect({ pool }) })
  return {
    kind: 'embedded',
    db,
    writer: db,
    transactionsAtOnce: 1,
    insertChunks: (rows) => insert(INSERT_CHUNKS, eventColumns(rows)),
    // An embedded database belongs to this process alone, so there are no other nodes.
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

/** In a child process, because the memory that it takes would not be freed in this one. */
async function makeElsewhere(folder: string, templateDir: string | null): Promise<void> {
  // The extension is that of this file: `.ts` in the repository, `.js` in the published package.
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
