import { expect, test } from 'vitest'
import { insertEvents } from '../../../db/queries/log/events.ts'
import { memoryStorage, startTestApp } from '../../testing/app.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import { startConversation } from '../../testing/conversation.ts'
import { Hub } from './hub.ts'
import { LogReader } from './reader.ts'

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
  const reader = new LogReader({ ...database, db }, new Hub())
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

test('readers at the head of a session are sent the same objects, merged once, so that they share their JSON', async () => {
  await using talk = await startConversation(memoryStorage)
  const { app, sessionId } = talk
  const { reader } = app.services
  const { id: userId } = await app.caller.me()
  const leave = new AbortController()
  const readers = Array.from({ length: 3 }, () =>
    reader.follow({ sessionId, userId, after: null, signal: leave.signal }),
  )
  await app.caller.messages.send({ sessionId, text: 'Hello?' })
  const call = await app.model.nextCall()
  const ready = readers.map(() => Promise.withResolvers<void>())
  const untilText = readers.map(async (events, index) => {
    for await (const { event } of events) {
      if (event.type === 'snapshot' || event.type === 'start') {
        ready[index]?.resolve()
      }
      if (event.type === 'chunk') {
        return event
      }
    }
    return null
  })
  // After `start` each of the readers is up to date.
  await talk.live.untilEvent('start')
  await Promise.all(ready.map(({ promise }) => promise))
  call.say('Hi')
  const [first, ...others] = await Promise.all(untilText)
  expect(first).toMatchObject({ type: 'chunk', text: 'Hi' })
  for (const other of others) {
    expect(other).toBe(first)
  }
  leave.abort()
  call.finish()
})

test('who resumes from the middle of a log that was shortened is told what follows on that, also where it is remembered as it was before (P2)', async () => {
  await using talk = await startConversation(memoryStorage)
  const { app, sessionId: id, live } = talk
  const sessionId = SessionId.parse(id)
  const { database, reader } = app.services
  const { id: userId } = await app.caller.me()
  await app.caller.messages.send({ sessionId: id, text: 'Hello?' })
  const call = await app.model.nextCall()
  call.say('One')
  await live.untilEvent('chunk')
  await app.caller.sessions.update({ id, title: 'Between' })
  call.say(' two')
  call.finish()
  await live.untilEvent('end')
  const chunks = async () =>
    (await app.caller.sessions.log({ id })).events.filter(({ event }) => event.type === 'chunk')
  await expect.poll(async () => (await chunks()).length).toBe(1)

  // Another node's reader is the measure: it knows only the compacted log, from the change of the title on.
  const [whole] = await chunks()
  const other = new LogReader(database, new Hub())
  let state: SessionState | null = live.events[0] ? fold(null, live.events[0]) : null
  for await (const logged of other.follow({ sessionId, userId, after: state?.seq ?? 0, signal })) {
    if (logged.seq >= (whole?.seq ?? 0)) break
    state = fold(state, logged)
  }
  for await (const logged of reader.follow({ sessionId, userId, after: state?.seq ?? 0, signal })) {
    state = fold(state, logged)
    if (logged.event.type === 'end') break
  }
  expect(state).toEqual(live.state)
})

const { signal } = new AbortController()
