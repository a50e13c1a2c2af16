// Prints a SHA-256 of each conversation in the database that the settings name, to compare a restored one with the one that
// was dumped: `npm run transcripts > before`. With the embedded database the server must be stopped.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { connect } from '../db/engine/connect.ts'
import { hashTranscripts } from '../db/queries/transfer/tables.ts'
import { checkConfig } from '../server/start-config.ts'

if (existsSync('.env')) process.loadEnvFile('.env')
const { databaseUrl, dataDir } = await checkConfig(process.env)
const { db, close } = await connect(databaseUrl ? { databaseUrl } : { dataDir, templateDir: null })
for (const [id, hash] of await hashTranscripts(db)) console.log(`${hash}  ${id}`)
await close()
