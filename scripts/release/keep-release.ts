// Keeps what a version's database looks like: writes the rows of a small one to db/releases/VERSION.json, for the test
// that upgrades each of them. `npm run release` says when to.
//   node scripts/release/keep-release.ts VERSION                      with conversations with the demo model
//   DATA_DIR=FOLDER node scripts/release/keep-release.ts VERSION      the server that made the folder is stopped
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { connect } from '../../db/engine/connect.ts'
import { readSchemaVersion } from '../../db/engine/migrate.ts'
import { hashTranscripts, listKeptTables, readTable } from '../../db/queries/transfer/tables.ts'
import type { TableRows } from '../../db/queries/transfer/tables.ts'
import { serverBundle } from '../build/server.ts'
import { startServer } from '../testing/server-process.ts'

/** Messages to the demo model: texts, calls of tools, and a second version of an answer. */
const SAID = ['Hello', 'Use get_system_metrics with {"metric_type":"uptime"}', 'Say: the end.']

const Listed = z.object({ messages: z.array(z.object({ id: z.string() })) })

/** Has two conversations with a server of its own, and stops it. */
async function converse(folder: string): Promise<string> {
  await serverBundle.build()
  const server = await startServer({ DATA_DIR: folder })
  const ask = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${server.url}/api${path}`, {
      ...(body && {
        ...{ method: 'POST', body: JSON.stringify(body) },
        headers: { 'content-type': 'application/json' },
      }),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return z.record(z.string(), z.unknown()).parse(await answer.json())
  }
  try {
    for (const title of ['First', 'Second']) {
      const { id } = await ask('/session', { title })
      for (const text of SAID) {
        await ask(`/session/${String(id)}/messages`, { text })
        await untilIdle(() => ask(`/session/${String(id)}`))
      }
      const { messages } = Listed.parse(await ask(`/session/${String(id)}/messages`))
      await ask(`/message/${messages.at(-1)?.id}/regenerate`, {})
      await untilIdle(() => ask(`/session/${String(id)}`))
    }
  } finally {
    await server.end('SIGTERM')
  }
  return folder
}

async function untilIdle(ask: () => Promise<Record<string, unknown>>): Promise<void> {
  while ((await ask()).running !== false) await delay(200)
}

const [version] = process.argv.slice(2)
if (version === undefined) {
  console.error('Usage: [DATA_DIR=FOLDER] node scripts/release/keep-release.ts VERSION')
  process.exit(78)
}
const own = process.env.DATA_DIR === undefined ? await mkdtemp(join(tmpdir(), 'release-')) : null
const DATA_DIR = process.env.DATA_DIR ?? (await converse(join(own ?? '', 'data')))
// It is not migrated, because it has to stay as that version left it.
const { db, close } = await connect({ dataDir: DATA_DIR, templateDir: null })
const tables: TableRows[] = []
for (const table of await listKeptTables(db)) {
  for await (const batch of readTable(db, table)) tables.push(batch)
}
const kept = {
  version,
  schema: await readSchemaVersion(db),
  transcripts: Object.fromEntries(await hashTranscripts(db)),
  tables,
}
const path = fileURLToPath(new URL(`../../db/releases/${version}.json`, import.meta.url))
writeFileSync(path, `${JSON.stringify(kept)}\n`)
console.log(`${path}: schema ${kept.schema}, ${Object.keys(kept.transcripts).length} conversations`)
await close()
if (own !== null) await rm(own, { recursive: true })
