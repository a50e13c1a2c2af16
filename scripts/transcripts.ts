// Prints a SHA-256 of each conversation in the database of the settings, to compare a restored one with the original:
// `npm run transcripts > before`. With the embedded database the server must be stopped.
import { connect } from '../db/engine/connect.ts'
import { hashTranscripts, liftTimeLimits } from '../db/queries/transfer/tables.ts'
import { readOwnConfig } from './own-config.ts'

const { databaseUrl, dataDir } = await readOwnConfig()
const { db, close } = await connect(databaseUrl ? { databaseUrl } : { dataDir, templateDir: null })
const hashes = await db.transaction().execute(async (transaction) => {
  await liftTimeLimits(transaction)
  return hashTranscripts(transaction)
})
for (const [id, hash] of hashes) console.log(`${hash}  ${id}`)
await close()
