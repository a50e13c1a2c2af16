import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { MessageId, RunId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import { insertMessage } from '../messages/messages.ts'
import { migrate } from '../../engine/migrate.ts'
import { chooseLookup } from './search-lookup.ts'
import { findMatches, readFoundTexts } from './search.ts'
import { listSessions } from './session-list.ts'
import { insertSession } from './sessions.ts'
import { ensureUser } from '../users.ts'
import { onEachDatabase } from '../../../scripts/testing/postgres/each-database.ts'

onEachDatabase((name, open) => {
  const setUp = async () => {
    const { db, close } = await open()
    await migrate(db)
    return { db, [Symbol.asyncDispose]: close }
  }

  describe(`search in the database, as ${name}`, () => {
    test('keeps to what a person wrote: words, parts, and the spelling of others (P10)', async () => {
      await using database = await setUp()
      const { db } = database
      const ada = await addPerson(db, 'Ada', 'The zeppelin (LZ-129) rises')
      const bob = await addPerson(db, 'Bob', 'Nothing of the kind')
      for (const query of ['zeppelin', 'eppeli', '(LZ-', 'zeppelni', 'Ada']) {
        expect(await chooseLookup(db, bob.userId, query)).toBe(null)
        const lookup = await chooseLookup(db, ada.userId, query)
        if (!lookup) {
          throw new Error(`${query} was not found`)
        }
        const hers = await findMatches(db, ada.userId, lookup)
        expect(hers).toMatchObject([{ sessionId: ada.sessionId }])
        expect(await findMatches(db, bob.userId, lookup)).toEqual([])
        expect(await readFoundTexts(db, ada.userId, hers)).toHaveLength(1)
        expect(await readFoundTexts(db, bob.userId, hers)).toEqual([])
        const page = { limit: 10, archived: false, lookup }
        expect(await listSessions(db, { userId: ada.userId, ...page })).toHaveLength(1)
        expect(await listSessions(db, { userId: bob.userId, ...page })).toEqual([])
      }
    })

    test('works without trigrams: words by index, parts among the newest, no misspellings', async () => {
      await using database = await setUp()
      const { db } = database
      await sql`drop extension pg_trgm cascade`.execute(db)
      const { userId } = await addPerson(db, 'Ada', 'The zeppelin rises')
      expect(await chooseLookup(db, userId, 'zepp')).toMatchObject({ kind: 'words' })
      const part = await chooseLookup(db, userId, 'eppeli')
      expect(part).toMatchObject({ kind: 'part', indexed: false })
      expect(part && (await findMatches(db, userId, part))).toHaveLength(1)
      expect(await chooseLookup(db, userId, 'zeppelni')).toBe(null)
    })
  })
})

/** Adds a person with one session and one message with this text. */
async function addPerson(db: Db, name: string, text: string) {
  const userId = UserId.parse(crypto.randomUUID())
  const sessionId = SessionId.parse(crypto.randomUUID())
  const now = new Date().toISOString()
  await ensureUser(db, {
    id: userId,
    name,
    email: null,
    role: 'member',
    account_status: 'active',
    subscription_tier: 'free',
  })
  await insertSession(db, {
    id: sessionId,
    userId,
    title: name,
    model: null,
    systemPrompt: null,
    now,
  })
  await insertMessage(db, {
    id: MessageId.parse(crypto.randomUUID()),
    sessionId,
    userId,
    parentId: null,
    role: 'user',
    parts: [{ type: 'text', text }],
    partsSeq: 1,
    status: 'completed',
    runId: RunId.parse(crypto.randomUUID()),
    model: null,
    createdAt: now,
  })
  return { userId, sessionId }
}
