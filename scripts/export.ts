import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { connect } from '../db/engine/connect.ts'
import type { Database } from '../db/engine/database.ts'
import { listAllSessionIds } from '../db/queries/transfer/exports.ts'
import { migrate } from '../db/engine/migrate.ts'
import type { UserId } from '../shared/contract/ids.ts'
import { ensureLocalOwner } from '../server/auth/local-owner.ts'
import { ConfigError } from '../server/config/config.ts'
import type { Config } from '../server/config/config.ts'
import { exportSession, exportSessions } from '../server/sessions/export/export.ts'
import { explainStartFailure } from '../server/config/start-failure.ts'
import { readOwnConfig } from './own-config.ts'

// Exports every session of the local owner, from the database in the settings.

const USAGE = `npm run export [-- [--markdown] [path]]
  writes all conversations to one JSON file, which can be imported again;
  with --markdown to a folder, each as a file to read`

const { values, positionals } = argumentsOrExit()
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const now = new Date().toISOString()
const path =
  positionals[0] ?? `throughline-export-${now.slice(0, 10)}${values.markdown ? '' : '.json'}`
const config = await configOrExit()
await run(config).catch((error: unknown) => fail(explain(error)))

async function run({ databaseUrl, dataDir }: Config): Promise<void> {
  if (!databaseUrl && !existsSync(join(dataDir, 'postgres'))) {
    fail(`There is no database in ${dataDir}. Set DATA_DIR to the folder of the one to export.`)
  }
  if (existsSync(path)) {
    fail(`${path} is there already. Name another path.`)
  }
  const templateDir = fileURLToPath(new URL('../node_modules/.cache/throughline', import.meta.url))
  await using opened = new AsyncDisposableStack()
  const database = opened.adopt(
    await connect(databaseUrl ? { databaseUrl } : { dataDir, templateDir }),
    (open) => open.close(),
  )
  await migrate(database.db)
  const { id: userId } = await ensureLocalOwner(database.db)
  const count = await (values.markdown ? writeFolder : writeFile)(database, userId)
  console.log(`Exported ${count} ${count === 1 ? 'conversation' : 'conversations'} to ${path}`)
}

async function writeFile(database: Database, userId: UserId): Promise<number> {
  const ids = await listAllSessionIds(database, userId)
  await write(path, exportSessions(database, { userId, ids, now }))
  return ids.length
}

async function writeFolder(database: Database, userId: UserId): Promise<number> {
  await mkdir(path, { recursive: true })
  const ids = await listAllSessionIds(database, userId)
  for (const [index, id] of ids.entries()) {
    const file = await exportSession(database, { userId, id, format: 'markdown', now })
    if (file) {
      // Two sessions may have the same title and day.
      await write(join(path, `${String(index + 1).padStart(4, '0')}-${file.name}`), file.pieces)
    }
  }
  return ids.length
}

/** An incomplete file is removed. */
async function write(file: string, pieces: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(pieces), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

function explain(error: unknown): string {
  const { code = '', path: place = path } = error instanceof Error ? fileErrorOf(error) : {}
  return ['EACCES', 'ENOENT', 'ENOSPC', 'EROFS', 'ENOTDIR'].includes(code) && place.startsWith(path)
    ? `${place} cannot be written (${code}). Name another path.`
    : explainStartFailure(error, config)
}

function fileErrorOf(error: Error): { code?: string; path?: string } {
  return {
    ...('code' in error && { code: String(error.code) }),
    ...('path' in error && { path: String(error.path) }),
  }
}

function argumentsOrExit() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { markdown: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
  } catch {
    return fail(USAGE)
  }
}

async function configOrExit(): Promise<Config> {
  try {
    return await readOwnConfig()
  } catch (error) {
    if (error instanceof ConfigError) {
      return fail(error.message, 78)
    }
    throw error
  }
}

function fail(message: string, status = 1): never {
  console.error(message)
  process.exit(status)
}
