import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { connect } from '../db/engine/connect.ts'
import { insertEvents, isSeqTaken } from '../db/queries/log/events.ts'
import { explain, fillSession } from '../db/queries/testing.ts'
import { hashTranscripts, readTable } from '../db/queries/transfer/tables.ts'
import { startTestApp } from '../server/testing/app.ts'
import type { TestApp } from '../server/testing/app.ts'
import { recordStatements } from '../server/testing/statements.ts'
import { watch } from '../server/testing/clients/watch.ts'
import { divideLog } from './partition.ts'
import { pruneDatabase } from './prune.ts'
import { amount } from './testing/amount.ts'
import { createTestDatabase } from './testing/postgres/test-database.ts'

/** The number of questions in each older session, and of sessions with answers meanwhile. */
const OLDER = amount(200, 20_000)
const BUSY = amount(3, 12)
const PARTITIONS = 8

test('the log is divided into partitions while people go on: nothing is lost, moved or said twice (P1, P2)', async () => {
  await using storage = await createTestDatabase()
  const env = { DATABASE_URL: storage.url }
  await using app = await startTestApp({ env })
  await using other = await startTestApp({ env })
  await using admin = await connected(storage.url)
  const { id: userId } = await app.caller.me()
  const older: string[] = []
  for (let number = 0; number < 5; number += 1) {
    const { id } = await app.caller.sessions.create({ title: `Older ${number}` })
    await fillSession(admin.db, { id, userId }, OLDER)
    older.push(id)
  }
  const before = await hashTranscripts(admin.db)

  // The first try ends in the middle, and leaves a part of the new table.
  const options = { partitions: PARTITIONS, batch: amount(100, 10_000) }
  const cut = (text: string): void => {
    if (text === 'Comparing') throw new Error('cut')
  }
  await expect(divideLog(storage.url, { ...options, tell: cut })).rejects.toThrow('cut')

  await using readers = new AsyncDisposableStack()
  const going = await Promise.all(
    Array.from({ length: BUSY }, async () => {
      const { id } = await app.caller.sessions.create({})
      const live = readers.use(watch(other.caller, id))
      await live.untilEvent('snapshot')
      return { id, live }
    }),
  )
  let isDivided = false
  const talking = going.map(({ id }) => talk(app, id, () => isDivided))
  const began = performance.now()
  const divided = await divideLog(storage.url, options)
  const seconds = (performance.now() - began) / 1_000
  isDivided = true
  const answers = await Promise.all(talking)
  console.log(`${divided} events in ${seconds.toFixed(1)} s, beside ${answers.join(', ')} answers`)
  expect(divided).toBeGreaterThanOrEqual(5 * OLDER * 4)
  const after = await hashTranscripts(admin.db)
  for (const id of older) expect(after.get(id)).toBe(before.get(id))
  for (const [index, { id, live }] of going.entries()) {
    const ends = () => live.events.filter(({ event }) => event.type === 'end').length
    await live.until(() => ends() === answers[index])
    await using fresh = watch(app.caller, id)
    await fresh.untilEvent('snapshot')
    expect(fresh.state?.messages).toEqual(live.state?.messages)
    const seqs = live.events.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  }
  expect(await divideLog(storage.url, options)).toBe(null)

  // A `seq` that is taken violates the key of a partition.
  const row = { sessionId: going[0]?.id, seq: 1, runId: null, type: 'chunk', data: '{}' }
  const refused = await insertEvents(admin.db, [row as never]).catch((error: unknown) => error)
  expect(isSeqTaken(refused)).toBe(true)
  // Only the owner sees rows of a partition.
  const { rows: exposed } = await sql`
    select relname from pg_class where relname like 'events%' and relkind in ('r', 'p') and not relrowsecurity`.execute(
    admin.db,
  )
  expect(exposed).toEqual([])
  // Moving or pruning the table reads each row once.
  const { rows: counted } = await sql<{ count: number }>`select count(*) from events`.execute(
    admin.db,
  )
  let read = 0
  for await (const { rows } of readTable(admin.db, 'events')) read += rows.length
  expect(read).toBe(counted[0]?.count)

  await expectOnePartition(admin.db, storage.url)
  await prune(storage.url, app, older[0] ?? '')
})

/** Asks one question after the other until it is told to end; returns the number of answers. */
async function talk(app: TestApp, sessionId: string, isOver: () => boolean): Promise<number> {
  for (let answers = 1; ; answers += 1) {
    const isLast = isOver()
    await app.caller.messages.send({ sessionId, text: `Question ${answers}` })
    const call = await app.model.nextCall()
    for (let word = 0; word < 20; word += 1) call.say(`word ${word} `)
    call.finish()
    await expect
      .poll(async () => (await app.caller.sessions.get({ id: sessionId })).running, {
        interval: 20,
      })
      .toBe(false)
    if (isLast) return answers
  }
}

/** Expects that a query about one session reads only its partition, whatever its parameters are. */
async function expectOnePartition(
  db: Awaited<ReturnType<typeof connected>>['db'],
  url: string,
): Promise<void> {
  using recorded = recordStatements()
  {
    await using app = await startTestApp({ env: { DATABASE_URL: url } })
    const { id } = await app.caller.sessions.create({})
    await using live = watch(app.caller, id)
    await live.untilEvent('snapshot')
    await talk(app, id, () => true)
    await using late = watch(app.caller, id, { ...live.state, seq: 1 } as never)
    await late.untilEvent('end')
    await app.caller.sessions.log({ id })
  }
  const hot = [...new Set(recorded.seen)].filter(
    (text) => /^(select|insert|update|delete|with)\b/i.test(text) && /\bevents\b/.test(text),
  )
  const wide: string[] = []
  for (const statement of hot) {
    const plan = (await explain(db, statement)).join('\n')
    if (/Seq Scan on events_p/.test(plan)) wide.push(`${statement}\n${plan}`)
  }
  expect(wide).toEqual([])
  expect(hot.length).toBeGreaterThan(5)
}

async function prune(url: string, app: TestApp, idle: string): Promise<void> {
  const later = new Date(Date.now() + 86_400_000).toISOString()
  const { messages } = await app.caller.messages.list({ sessionId: idle })
  const tables: string[] = []
  const { sessions, events } = await pruneDatabase(url, {
    before: later,
    onTable: ({ table }) => tables.push(table),
  })
  expect(tables).toHaveLength(PARTITIONS)
  expect(sessions).toBeGreaterThanOrEqual(5)
  expect(events).toBeGreaterThanOrEqual(5 * (OLDER * 4 - 1))
  expect((await app.caller.messages.list({ sessionId: idle })).messages).toEqual(messages)
  expect((await app.caller.sessions.log({ id: idle })).events).toHaveLength(1)
}

async function connected(databaseUrl: string) {
  const database = await connect({ databaseUrl, poolSize: 1 })
  return { db: database.db, [Symbol.asyncDispose]: () => database.close() }
}
