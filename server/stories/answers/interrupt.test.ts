import { expect, test } from 'vitest'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import { startTestApp } from '../../testing/app.ts'
import { watch } from '../../testing/clients/watch.ts'

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
  const answer = await app.model.nextCall()
  answer.finish()
  const last = await app.model.nextCall()
  last.finish()
  await live.until(
    ({ state }) => state?.messages.length === 6 && state.messages.at(-1)?.status === 'completed',
  )
  // Readers append a new message to the end of the queue; the snapshot that follows shows this one first. A late reader
  // gets that snapshot only after the message was answered, so it is no longer queued.
  let state: SessionState | null = null
  let told = false
  const orders = new Set<string>()
  for (const logged of live.events) {
    state = fold(state, logged)
    const order = state.messages.flatMap(({ id }) =>
      id === waiting.messageId ? ['waiting'] : id === urgent.messageId ? ['urgent'] : [],
    )
    told ||= logged.event.type === 'snapshot' && order.includes('waiting')
    if (told && order.length === 2) {
      orders.add(order.join())
    }
  }
  expect([...orders]).toEqual(['urgent,waiting'])
})
