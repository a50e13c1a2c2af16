import { describe, expect, test } from 'vitest'
import { callerAs, makePerson, startForCallers } from '../../testing/clients/callers.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** The limit on a person's runs at once (P15), on either database. */
onEachStorage((database, openStorage) => {
  describe(`runs at once, on ${database}`, () => {
    test('runs over the number at once wait in their sessions, and each begins when one ends', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const first = await ann.sessions.create({ title: null })
      const second = await ann.sessions.create({ title: null })
      await ann.messages.send({ sessionId: first.id, text: 'One' })
      const call = await app.model.nextCall()
      await using live = watch(ann, second.id)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId: second.id, text: 'Two' })
      await ann.messages.send({ sessionId: second.id, text: 'Three' })
      const { messages } = await ann.messages.list({ sessionId: second.id })
      expect(messages.map(({ status }) => status)).toEqual(['queued', 'queued'])
      expect(await ann.sessions.get({ id: second.id })).toMatchObject({
        running: false,
        title: 'Two',
      })
      // Nothing can be put before what waits, though no answer is running there.
      await expect(
        ann.messages.append({
          sessionId: second.id,
          messages: [
            {
              ...{ id: '1', parentId: null, role: 'user', createdAt: app.services.now() },
              parts: [{ type: 'text', text: 'Zero' }],
            },
          ],
        }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
      call.say('Done.')
      call.finish()
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({ text: 'Two' })
      next.finish()
      const last = await app.model.nextCall()
      expect(last.step.messages.at(-1)).toMatchObject({ text: 'Three' })
      last.finish()
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
    })

    test('one person’s hundred runs do not hold up another’s first', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, {
        LIMIT_RUNS_AT_ONCE: '1',
        LIMIT_SENDS_PER_MINUTE: '1000',
      })
      const ann = await callerAs(app, await makePerson(app))
      for (let count = 0; count < 12; count += 1) {
        const { id: sessionId } = await ann.sessions.create({ title: 'Many' })
        await ann.messages.send({ sessionId, text: `Ann ${count}` })
      }
      const bob = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await bob.sessions.create({ title: 'One' })
      await bob.messages.send({ sessionId, text: 'Bob' })
      const calls = [await app.model.nextCall(), await app.model.nextCall()]
      expect(calls.map(({ step }) => step.messages.at(-1))).toMatchObject([
        { text: 'Ann 0' },
        { text: 'Bob' },
      ])
      expect(app.model.asked).toBe(2)
    })

    test('a message that waits for its turn can be taken back, and an answer anew waits too', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      app.model.plan('The answer.')
      const ann = await callerAs(app, await makePerson(app))
      const { id: answered } = await ann.sessions.create({ title: 'Answered' })
      await using live = watch(ann, answered)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId: answered, text: 'Question' })
      const { messageId } = await live.untilEvent('end')
      const { id: busy } = await ann.sessions.create({ title: 'Busy' })
      await ann.messages.send({ sessionId: busy, text: 'Long' })
      const call = await app.model.nextCall()
      const { id: other } = await ann.sessions.create({ title: 'Other' })
      const { messageId: taken } = await ann.messages.send({ sessionId: other, text: 'Taken' })
      await ann.messages.regenerate({ id: messageId })
      await ann.messages.unqueue({ id: taken })
      call.finish()
      const again = await app.model.nextCall()
      expect(again.step.messages.at(-1)).toMatchObject({ text: 'Question' })
      again.finish()
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
    })

    test('an answer that is to go on waits too, and goes on in its place', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await ann.sessions.create({ title: 'Cut' })
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId, text: 'Question' })
      const cut = await app.model.nextCall()
      cut.say('Half')
      cut.push({ type: 'finish', finish: 'length' })
      const { messageId } = await live.untilEvent('end')
      const { id: busy } = await ann.sessions.create({ title: 'Busy' })
      await ann.messages.send({ sessionId: busy, text: 'Long' })
      const long = await app.model.nextCall()
      const continued = await ann.messages.continue({ id: messageId })
      expect(await ann.messages.continue({ id: messageId })).toEqual(continued)
      expect(app.model.asked).toBe(2)
      long.finish()
      const on = await app.model.nextCall()
      expect(on.step.messages.slice(0, 2)).toMatchObject([{ text: 'Question' }, { text: 'Half' }])
      on.say(' and whole')
      on.finish()
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
      expect(live.state?.messages).toMatchObject([
        { role: 'user' },
        { id: messageId, status: 'completed', parts: [{ text: 'Half' }, { text: ' and whole' }] },
      ])
    })
  })
})
