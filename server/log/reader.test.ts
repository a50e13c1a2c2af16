import { expect, test } from 'vitest'
import { insertEvents } from '../../db/queries/events.ts'
import { startTestApp } from '../testing/app.ts'
import { Hub } from './hub.ts'
import { CursorReader } from './reader.ts'

const LENGTH = 50 * 1024

test('a reader that is behind holds less than 1 MiB of what it was not told yet, however long the events are (P12)', async () => {
  await using app = await startTestApp()
  const { database } = app.services
  const { id: sessionId } = await app.caller.sessions.create({})
  const { id: userId } = await app.caller.me()
  const events = Array.from({ length: 60 }, (_, index) => {
    const data = JSON.stringify({ type: 'session', filler: 'x'.repeat(LENGTH) })
    return { sessionId, seq: index + 1, runId: null, type: 'session', data }
  })
  await insertEvents(database.db, events)
  let longest = 0
  const db = database.db.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      longest = Math.max(longest, JSON.stringify(result.rows).length)
      return result
    },
  })
  const reader = new CursorReader({ ...database, db }, new Hub())
  const leave = new AbortController()
  const options = { sessionId, userId, after: 1, signal: leave.signal }
  const seqs: number[] = []
  for await (const { seq } of reader.follow(options)) {
    seqs.push(seq)
    if (seq === events.length) leave.abort()
  }
  expect(seqs).toEqual(events.slice(1).map(({ seq }) => seq))
  expect(longest).toBeGreaterThan(LENGTH)
  expect(longest).toBeLessThan(1024 * 1024)
})
