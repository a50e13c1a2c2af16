import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { onEachDatabase } from '../../scripts/testing/postgres/each-database.ts'
import { SessionId, UserId } from '../../shared/contract/ids.ts'
import { migrate } from '../engine/migrate.ts'
import { savePerson } from './accounts.ts'
import { renewNode } from './nodes.ts'
import { findLeft } from './presence.ts'
import { insertSession } from './sessions/sessions.ts'

onEachDatabase((name, openDatabase) => {
  test(`after all nodes were away the grace of a session begins when the first is back (P14, ${name})`, async () => {
    await using opened = new AsyncDisposableStack()
    const { db } = opened.adopt(await openDatabase(), (open) => open.close())
    await migrate(db)
    const [id, userId] = [SessionId.parse(crypto.randomUUID()), UserId.parse(crypto.randomUUID())]
    await savePerson(db, { id: userId, name: 'Ann', email: null, role: 'member' })
    const now = new Date().toISOString()
    await insertSession(db, { id, userId, title: null, model: null, systemPrompt: null, now })
    await sql`update sessions set left_at = now() - interval '1 hour'`.execute(db)
    await renewNode(db, crypto.randomUUID(), 3_600)
    expect(await findLeft(db, 60, 10)).toEqual([])
    await sql`update nodes set started_at = now() - interval '2 minutes'`.execute(db)
    expect(await findLeft(db, 60, 10)).toEqual([id])
  })
})
