import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { MessageId, RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Database, Db } from '../engine/database.ts'
import { insertFirstDrive } from './runs/first-drives.ts'
import { insertSession, lockSession } from './sessions/sessions.ts'
import { transferEverything } from './ownership.ts'
import { ensureUser } from './users.ts'

/** What a guest does in the same moment as their sign-in, which only Postgres lets happen at once. */
let database: Database
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())

const now = '2026-01-01T00:00:00.000Z'

async function newPerson(db: Db): Promise<UserId> {
  const id = UserId.parse(crypto.randomUUID())
  const person = { id, name: 'Ada', email: null, role: 'member' } as const
  await ensureUser(db, { ...person, account_status: 'active', subscription_tier: 'free' })
  return id
}

async function newSession(db: Db, userId: UserId): Promise<SessionId> {
  const id = SessionId.parse(crypto.randomUUID())
  await insertSession(db, { id, userId, title: 'Ada', model: null, systemPrompt: null, now })
  return id
}

/** Starts an answer in a session, on some node. */
async function startAnswer(db: Db, userId: UserId, sessionId: SessionId): Promise<RunId> {
  const runId = RunId.parse(crypto.randomUUID())
  const common = { sessionId, userId, runId, createdAt: now }
  const [questionId, messageId] = [crypto.randomUUID(), crypto.randomUUID()].map((id) =>
    MessageId.parse(id),
  ) as [MessageId, MessageId]
  const isStored = await insertFirstDrive(
    db,
    {
      question: {
        ...{ ...common, id: questionId, parentId: null, role: 'user', partsSeq: 1, model: null },
        ...{ parts: [{ type: 'text', text: 'Hello' }], status: 'completed' },
      },
      answer: {
        ...{ ...common, id: messageId, parentId: questionId, role: 'assistant', partsSeq: 2 },
        ...{ model: 'm', parts: [], status: 'running' },
      },
      run: {
        ...{ id: runId, sessionId, userId, keyId: null, questionId, messageId, model: 'm' },
        ...{ parentChosen: false, createdAt: now },
      },
      ...{ owner: crypto.randomUUID(), offered: [], title: null },
    },
    { activeLeaf: null, model: null },
  )
  expect(isStored).toBe(true)
  return runId
}

const ownerOf = async (runId: RunId) =>
  database.db
    .selectFrom('runs')
    .select(['owner', 'user_id as userId', 'status'])
    .where('id', '=', runId)
    .executeTakeFirst()

const transfer = (from: UserId, to: UserId) =>
  database.db.transaction().execute((transaction) => transferEverything(transaction, from, to))

/** Resolves when a transaction waits for another one. */
const untilSomebodyWaits = () =>
  expect
    .poll(async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db)
      return rows[0]?.count
    })
    .toBeGreaterThan(0)

test('a session that a guest makes in the moment of their sign-in goes to their account (P18)', async () => {
  const { db } = database
  const [from, to] = [await newPerson(db), await newPerson(db)]
  const { id, transferred } = await db.transaction().execute(async (transaction) => {
    const id = await newSession(transaction, from)
    const transferred = transfer(from, to)
    transferred.catch(() => undefined)
    await untilSomebodyWaits()
    return { id, transferred: [transferred] }
  })
  await Promise.all(transferred)
  const stored = await db
    .selectFrom('sessions')
    .select('user_id as userId')
    .where('id', '=', id)
    .executeTakeFirst()
  expect(stored).toEqual({ userId: to })
})

test('an answer that starts in the moment of a sign-in is released as all others are (P6)', async () => {
  const { db } = database
  const [from, to] = [await newPerson(db), await newPerson(db)]
  const sessionId = await newSession(db, from)
  const { runId, transferred } = await db.transaction().execute(async (transaction) => {
    await lockSession(transaction, from, sessionId)
    const runId = await startAnswer(transaction, from, sessionId)
    const transferred = transfer(from, to)
    transferred.catch(() => undefined)
    await untilSomebodyWaits()
    return { runId, transferred: [transferred] }
  })
  await Promise.all(transferred)
  expect(await ownerOf(runId)).toEqual({ owner: null, userId: to, status: 'running' })
})

test('a sign-in locks what it gives away in the order of all other transactions: no deadlock ends it', async () => {
  const { db } = database
  const [from, to] = [await newPerson(db), await newPerson(db)]
  const sessionId = await newSession(db, from)
  const runId = await startAnswer(db, from, sessionId)
  const transferred = await db.transaction().execute(async (transaction) => {
    await lockSession(transaction, from, sessionId)
    const transferred = transfer(from, to)
    transferred.catch(() => undefined)
    await untilSomebodyWaits()
    await sql`select from runs where id = ${runId} for update`.execute(transaction)
    return [transferred]
  })
  await Promise.all(transferred)
  expect(await ownerOf(runId)).toMatchObject({ owner: null, userId: to })
})
