import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { parseTar } from 'nanotar'
import { extensions } from './embedded-extensions.ts'
import { JOB_SCHEMA } from '../../queries/jobs.ts'
import { migrate, migrationNames } from '../migrate.ts'
import { hideJobRows } from '../row-security.ts'
import type { Schema } from '../../schema.ts'

/** Databases that `initdb` creates beside the one in use. */
const OTHER_DATABASES = ['template0', 'template1']

/**
 * Returns the template, as a tar archive: a new, migrated database from which others are copied, because creating one
 * takes seconds. It is cached in `templateDir` for this schema and this version of PGlite; with null it is created each
 * time.
 */
export async function makeTemplate(templateDir: string | null): Promise<Uint8Array<ArrayBuffer>> {
  const pglite = new PGlite({ extensions })
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) })
  await migrate(db)
  await pglite.exec(JOB_SCHEMA)
  await hideJobRows(db)
  await dropOtherDatabases(pglite)
  const dump = await pglite.dumpDataDir('none')
  await pglite.close()
  const content = new Uint8Array(await dump.arrayBuffer())
  if (templateDir) {
    await keep(await templateFile(templateDir), content).catch(tolerateReadOnly)
  }
  return content
}

/** Postgres does not let anyone connect to these databases, which are two thirds of the files that each copy has. */
async function dropOtherDatabases(pglite: PGlite): Promise<void> {
  await pglite.exec('update pg_database set datistemplate = false')
  for (const name of OTHER_DATABASES) {
    await pglite.exec(`drop database ${name}`)
  }
}

/** The path of the cached template; null when there is none for this schema and this version of PGlite. */
export async function keptTemplateFile(templateDir: string | null): Promise<string | null> {
  const file = templateDir && (await templateFile(templateDir))
  return file && (await exists(file)) ? file : null
}

export async function keptTemplate(
  templateDir: string | null,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const file = await keptTemplateFile(templateDir)
  return file === null ? null : new Uint8Array(await readFile(file))
}

/**
 * Creates a database folder from the template. It is written under another name and then renamed, so that a killed
 * process leaves no incomplete folder. All files are flushed to disk before the first commit.
 * @param archive the template
 */
export async function makeFolder(folder: string, archive: Uint8Array<ArrayBuffer>): Promise<void> {
  const making = `${folder}.making`
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { mode: 0o700 })
  for (const { name, type, data } of parseTar(archive)) {
    const path = join(making, name)
    if (type === 'directory') {
      await mkdir(path, { recursive: true, mode: 0o700 })
    } else {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFile(path, data ?? '', { mode: 0o600, flush: true })
    }
  }
  await rename(making, folder)
}

async function templateFile(templateDir: string): Promise<string> {
  const schema = createHash('sha256')
    .update(migrationNames.join('\n'))
    .update(JOB_SCHEMA)
    .update(OTHER_DATABASES.join())
  const name = `embedded-${await pgliteVersion()}-${schema.digest('hex').slice(0, 16)}.tar`
  return join(templateDir, name)
}

async function keep(file: string, content: Uint8Array): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(unfinished, content)
  await rename(unfinished, file)
}

/**
 * An installed package may be on a read-only disk; then each new database is created without a cached template. For a
 * folder that cannot be made there, Node's recursive `mkdir` says ENOENT.
 */
function tolerateReadOnly(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes(code)) throw error
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

/** @returns false also for a path that cannot be read */
export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
