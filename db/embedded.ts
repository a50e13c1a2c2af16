import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { Kysely, PGliteDialect } from 'kysely'
import { type EventRow, insertEvents } from './events.ts'
import { lockFolder } from './folder-lock.ts'
import { migrate, schemaVersion } from './migrate.ts'
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

/** What a database made by one PGlite uses, every later one must bring along. */
const extensions = { pg_trgm }

/** Opens the embedded database (PGlite: Postgres in this process, one connection), making it when there is none. */
export async function openEmbedded({ dataDir, templateDir }: EmbeddedOptions) {
  if (dataDir === 'memory:') {
    return openPGlite({ loadDataDir: await template(templateDir) })
  }
  await mkdir(dataDir, { recursive: true })
  const unlock = lockFolder(dataDir)
  try {
    return await openPGlite(await folderOptions(join(dataDir, 'postgres'), templateDir), unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

/** An absent folder is filled beside its place and renamed, so that a kill in the middle leaves none half made. */
async function folderOptions(folder: string, templateDir: string | null) {
  if (!(await exists(folder))) {
    const making = `${folder}.making`
    const fresh = new PGlite({
      dataDir: making,
      loadDataDir: await template(templateDir),
      extensions,
    })
    await fresh.waitReady
    await fresh.close()
    await rename(making, folder)
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
    insertEvents: (rows: readonly EventRow[]) => insertEvents(db, rows),
    // It belongs to this process alone.
    notifications: null,
    close: async () => {
      await db.destroy()
      if (!pglite.closed) {
        await pglite.close()
      }
      unlock()
    },
  }
}

/** The template, made and kept when there is none of this schema and this PGlite. */
async function template(templateDir: string | null): Promise<Blob> {
  const file =
    templateDir && join(templateDir, `embedded-${await pgliteVersion()}-${schemaVersion}.tar`)
  if (file && (await exists(file))) {
    return new Blob([await readFile(file)])
  }
  const pglite = new PGlite({ extensions })
  await migrate(new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) }))
  const dump = await pglite.dumpDataDir('none')
  await pglite.close()
  if (file) {
    await keep(file, new Uint8Array(await dump.arrayBuffer())).catch(tolerateReadOnly)
  }
  return dump
}

async function keep(file: string, content: Uint8Array): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(unfinished, content)
  await rename(unfinished, file)
}

/** An installed package may lie where nothing may be written: then each new database is made from nothing. */
function tolerateReadOnly(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error
}

async function pgliteVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const manifest: unknown = JSON.parse(
    await readFile(join(dirname(entry), '..', 'package.json'), 'utf8'),
  )
  return typeof manifest === 'object' && manifest && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
