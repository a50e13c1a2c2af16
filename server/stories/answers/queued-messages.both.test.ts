import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientAt } from '../../testing/clients/openai-client.ts'
import { watch } from '../../testing/clients/watch.ts'

/** Queued messages behind an answer: changed and removed, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a message that waits, on ${database}`, () => {
    test('is changed where it is, and taken back, while it waits and no longer', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id: sessionId } = await caller.sessions.create({})
      await using live = watch(caller, sessionId)
      await live.untilEvent('snapshot')
      await caller.messages.send({ sessionId, text: 'one' })
      const first = await app.model.nextCall()
      const second = await caller.messages.send({ sessionId, text: 'tow' })
      const third = await caller.messages.send({ sessionId, text: 'three' })
      expect(await caller.messages.edit({ id: second.messageId, text: 'two' })).toEqual(second)
      await caller.messages.unqueue({ id: third.messageId })
      await expect(caller.messages.unqueue({ id: third.messageId })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await live.until(({ state }) => state?.messages.length === 3)
      await using joined = watch(caller, sessionId)
      await joined.untilEvent('snapshot')
      expect(joined.state).toEqual(live.state)
      first.say('1')
      first.finish()
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toEqual({ role: 'user', text: 'two' })
      await expect(caller.messages.unqueue({ id: second.messageId })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      await expect(
        caller.messages.edit({ id: second.messageId, text: 'too late', onlyQueued: true }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
      next.finish()
    })

    test('that was taken back is not asked when a client that did not hear of it sends it again', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id: sessionId } = await caller.sessions.create({})
      await caller.messages.send({ sessionId, text: 'one' })
      const first = await app.model.nextCall()
      const id = crypto.randomUUID()
      const other = crypto.randomUUID()
      await caller.messages.send({ sessionId, id, text: 'never mind' })
      await caller.messages.send({ sessionId, id: other, text: 'nor this' })
      for (let more = 2; more < 100; more += 1) {
        await caller.messages.send({ sessionId, text: 'more' })
      }
      await expect(caller.messages.send({ sessionId, text: 'too many' })).rejects.toMatchObject({
        code: 'TOO_MANY_REQUESTS',
      })
      await caller.messages.unqueue({ id })
      const again = { sessionId, id, text: 'never mind' }
      const takenBack = { code: 'PRECONDITION_FAILED' }
      await expect(caller.messages.send(again)).rejects.toMatchObject(takenBack)
      await caller.runs.stop({ sessionId, clearQueue: true })
      await expect.poll(() => first.signal.aborted).toBe(true)
      await expect
        .poll(async () => (await caller.sessions.get({ id: sessionId })).running)
        .toBe(false)
      // The id is refused also now that the message would be answered at once.
      await expect(caller.messages.send(again)).rejects.toMatchObject(takenBack)
      await expect(
        caller.messages.send({ ...again, id: other, text: 'nor this' }),
      ).rejects.toMatchObject(takenBack)
    })

    test('and an answer that waits to be made anew are stopped: by its run, or with the queue (P9)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp({
        ...storage,
        env: { ...storage.env, LIMIT_RUNS_AT_ONCE: '1' },
      })
      const { caller } = app
      app.model.plan('The answer.')
      const { id: sessionId } = await caller.sessions.create({})
      await using live = watch(caller, sessionId)
      await live.untilEvent('snapshot')
      await caller.messages.send({ sessionId, text: 'one' })
      const { messageId } = await live.untilEvent('end')
      const { id: other } = await caller.sessions.create({})
      await caller.messages.send({ sessionId: other, text: 'two' })
      const busy = await app.model.nextCall()
      const first = await caller.messages.regenerate({ id: messageId })
      const stop = { sessionId, runId: first.runId }
      expect(await caller.runs.stop(stop)).toEqual({ stopped: true })
      expect(await caller.runs.stop(stop)).toEqual({ stopped: true })
      const second = await caller.messages.regenerate({ id: messageId })
      expect(await caller.runs.stop({ sessionId, clearQueue: true })).toEqual({ stopped: true })
      const third = await caller.messages.regenerate({ id: messageId })
      const { responses } = clientAt(await app.listen(), 'any')
      const cancelled = await responses.cancel(`resp_${third.runId.replaceAll('-', '')}`)
      expect(cancelled.status).toBe('cancelled')
      const { asked } = app.model
      busy.say('2')
      busy.finish()
      const ends = () => live.events.flatMap(({ event }) => (event.type === 'end' ? [event] : []))
      await live.until(() => ends().length === 4)
      expect(ends().slice(1)).toMatchObject([
        { runId: first.runId, outcome: 'stopped' },
        { runId: second.runId, outcome: 'stopped' },
        { runId: third.runId, outcome: 'stopped' },
      ])
      expect(app.model.asked).toBe(asked)
      expect(await caller.runs.stop(stop)).toEqual({ stopped: false })
    })

    test('that is edited after it was answered becomes a branch beside the old one', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id: sessionId } = await caller.sessions.create({})
      await using live = watch(caller, sessionId)
      await live.untilEvent('snapshot')
      const { messageId } = await caller.messages.send({ sessionId, text: 'red' })
      const first = await app.model.nextCall()
      first.say('roses')
      await live.untilEvent('chunk')
      const newId = crypto.randomUUID()
      expect(await caller.messages.edit({ id: messageId, newId, text: 'blue' })).toMatchObject({
        messageId: newId,
      })
      const second = await app.model.nextCall()
      expect(first.signal.aborted).toBe(true)
      expect(second.step.messages).toEqual([{ role: 'user', text: 'blue' }])
      second.say('violets')
      second.finish()
      await live.until(
        ({ state }) =>
          state?.messages.at(-1)?.status === 'completed' && state.messages.length === 2,
      )
      await using fresh = watch(caller, sessionId)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
      expect(fresh.state?.messages[0]).toMatchObject({
        id: newId,
        siblings: { index: 1, count: 2, previous: messageId, next: null },
      })
    })
  })
})
