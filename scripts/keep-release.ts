// Keeps what a version's database looks like: writes the rows of a small one to db/releases/VERSION.json, for the test
// that upgrades each of them. `npm run release` says when to.
//   DATA_DIR=FOLDER node scripts/keep-release.ts VERSION      the server that made the folder is stopped
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { connect } from '../db/engine/connect.ts'
import { readSchemaVersion } from '../db/engine/migrate.ts'
import { hashTranscripts, listKeptTables, readTable } from '../db/queries/transfer/tables.ts'
import type { TableRows } from '../db/queries/transfer/tables.ts'

const [version] = process.argv.slice(2)
const { DATA_DIR } = process.env
if (version === undefined || DATA_DIR === undefined) {
  console.error('Usage: DATA_DIR=FOLDER node scripts/keep-release.ts VERSION')
  process.exit(78)
}
// Not migrated: it is to stay as that version left it.
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
const path = fileURLToPath(new URL(`../db/releases/${version}.json`, import.meta.url))
writeFileSync(path, `${JSON.stringify(kept)}\n`)
console.log(`${path}: schema ${kept.schema}, ${Object.keys(kept.transcripts).length} conversations`)
await close()
