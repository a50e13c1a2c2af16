import { expect, test } from 'vitest'
import { startTestApp } from '../testing/app.ts'
import { watch } from '../testing/watch.ts'

test('a message that interrupts stands before those that wait, for every reader (P2)', async () => {
  await using app = await startTestApp()
  const { id: sessionId } = await app.caller.sessions.create({})
  await using live = watch(app.caller, sessionId)
  await live.untilEvent('snapshot')
  await app.caller.messages.send({ sessionId, text: 'first' })
  await app.model.nextCall()
  const waiting = await app.caller.messages.send({ sessionId, text: 'waiting' })
  const urgent = await app.caller.messages.send({
    sessionId,
    text: 'urgent',
    whenBusy: 'interrupt',
  })
  // Readers put a new message behind those that wait: this one they learn of by a fresh snapshot.
  const both = new Set([waiting.messageId, urgent.messageId])
  const orders = () =>
    live.events.flatMap(({ event }) =>
      event.type === 'snapshot'
        ? [event.messages.flatMap(({ id }) => (both.has(id) ? [id] : []))]
        : [],
    )
  const answer = await app.model.nextCall()
  answer.finish()
  const last = await app.model.nextCall()
  last.finish()
  await live.until(
    ({ state }) => state?.messages.length === 6 && state.messages.at(-1)?.status === 'completed',
  )
  expect(orders().at(-1)).toEqual([urgent.messageId, waiting.messageId])
})
