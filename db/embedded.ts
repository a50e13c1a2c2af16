import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { CompiledQuery, Kysely, PGliteDialect } from 'kysely'
import { exists, extensions, keptTemplate, makeTemplate } from './embedded-template.ts'
import { type EventRow, INSERT_CHUNKS, eventColumns } from './events.ts'
import { lockFolder } from './folder-lock.ts'
import { embeddedJobs } from './jobs.ts'
import type { Schema } from './schema.ts'
import { valueParsers } from './value-parsers.ts'

export type EmbeddedOptions = {
  /** The folder of the database, made when absent; `memory:` keeps everything in memory. */
  dataDir: string
  /**
   * Where the template may be kept: a database just made and migrated, which a new one is copied from (making one
   * takes seconds). Null makes every new database from nothing.
   */
  templateDir: string | null
}

/** Opens the embedded database (PGlite: Postgres in this process, one connection), making it when there is none. */
export async function openEmbedded({ dataDir, templateDir }: EmbeddedOptions) {
  if (dataDir === 'memory:') {
    const template = (await keptTemplate(templateDir)) ?? (await makeTemplate(templateDir))
    return openPGlite({ loadDataDir: new Blob([template]) })
  }
  await makeFolder(dataDir)
  const unlock = lockFolder(dataDir)
  try {
    return await openPGlite(await folderOptions(join(dataDir, 'postgres'), templateDir), unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

async function folderOptions(folder: string, templateDir: string | null) {
  if (!(await exists(folder))) {
    await makeElsewhere(folder, templateDir)
  }
  // PGlite runs without fsync by default; here a commit is to survive a power cut.
  return {
    dataDir: folder,
    startParams: PGlite.defaultStartParams.filter((param) => param !== '-F'),
  }
}

async function openPGlite(
  options: ConstructorParameters<typeof PGlite>[0] & object,
  unlock = () => {},
) {
  const pglite = new PGlite({ ...options, extensions, parsers: valueParsers })
  await pglite.waitReady
  await pglite.exec('set timezone = utc')
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) })
  return {
    kind: 'embedded' as const,
    db,
    insertChunks: async (rows: readonly EventRow[]) => {
      await db.executeQuery(CompiledQuery.raw(INSERT_CHUNKS, eventColumns(rows)))
    },
    // It belongs to this process alone.
    notifications: null,
    jobs: embeddedJobs(pglite, db),
    close: async () => {
      await db.destroy()
      if (!pglite.closed) {
        await pglite.close()
      }
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

/**
 * Makes the folder, and those above it that are missing. Not by `mkdir` with `recursive`: where nothing can be made at
 * all, such as below /proc, that one of Node tries again for ever.
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return
    const above = dirname(folder)
    if (code !== 'ENOENT' || (await exists(above))) throw error
    await makeFolder(above)
    await makeFolder(folder)
  }
}
