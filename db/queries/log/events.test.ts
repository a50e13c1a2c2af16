import { expect, test } from 'vitest'
import { SessionId } from '../../../shared/contract/ids.ts'
import { deleteEvents, insertEvents, isSeqTaken, readEvents, readEventsWithin } from './events.ts'
import { migrate } from '../../engine/migrate.ts'
import { memoryDatabase } from '../../engine/testing.ts'

test('an event never goes to a place that compaction freed, before the end of the log (P1)', async () => {
  const database = await memoryDatabase()
  await migrate(database.db)
  const sessionId = SessionId.parse(crypto.randomUUID())
  const row = (seq: number) => ({ sessionId, seq, runId: null, type: 'chunk', data: '{}' })
  await insertEvents(database.db, [row(1), row(2), row(3)])
  await deleteEvents(database.db, sessionId, [2])
  const late = await insertEvents(database.db, [row(2)]).catch((error: unknown) => error)
  expect(isSeqTaken(late)).toBe(true)
  await insertEvents(database.db, [row(4), row(5)])
  const rows = await readEvents(database.db, sessionId, 0, 10)
  expect(rows.map(({ seq }) => seq)).toEqual([1, 3, 4, 5])
  await database.close()
})

test('what a reader is given at once is bounded in length, not only in rows, and one long event still comes (P12)', async () => {
  const database = await memoryDatabase()
  await migrate(database.db)
  const sessionId = SessionId.parse(crypto.randomUUID())
  const row = (seq: number, length: number) => {
    return { sessionId, seq, runId: null, type: 'message', data: 'é'.repeat(length / 2) }
  }
  await insertEvents(database.db, [row(1, 60), row(2, 60), row(3, 500), row(4, 10)])
  const page = async (after: number, limit = 10) => {
    const bounds = { limit, maxLength: 100 }
    const { events, complete } = await readEventsWithin(database.db, sessionId, after, bounds)
    return [events.map(({ seq }) => seq), complete]
  }
  expect(await page(0)).toEqual([[1, 2], false])
  expect(await page(2)).toEqual([[3], false])
  expect(await page(3)).toEqual([[4], true])
  expect(await page(4)).toEqual([[], true])
  expect(await page(0, 2)).toEqual([[1, 2], false])
  await database.close()
})
