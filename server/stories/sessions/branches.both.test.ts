import { describe, expect, test } from 'vitest'
import { fold } from '../../../shared/session/fold.ts'
import { startTestApp } from '../../testing/app.ts'
import { answerId, ask, startConversation } from '../../testing/conversation.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { sameAsFresh } from '../../testing/fresh-reader.ts'

/** Conversations that fork, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a branch, on ${database}`, () => {
    test('is made by regenerating an answer, perhaps with another model, and hides none (P2)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await ask(app, sessionId, 'Name a colour', 'red')
      const first = await answerId(live, 1)
      const { messageId } = await app.caller.messages.regenerate({ id: first, model: 'other' })
      const call = await app.model.nextCall()
      expect(call.step).toMatchObject({
        model: 'other',
        messages: [{ role: 'user', text: 'Name a colour' }],
      })
      call.say('blue')
      call.finish()
      await live.until(
        ({ state }) =>
          state?.messages.at(-1)?.status === 'completed' && textOf(state, messageId) === 'blue',
      )
      expect(live.state?.messages.at(-1)).toMatchObject({
        id: messageId,
        model: 'other',
        siblings: { index: 1, count: 2, previous: first, next: null },
      })
      await sameAsFresh(app, sessionId, live)

      await app.caller.messages.select({ id: first })
      await live.until(({ state }) => state?.messages.at(-1)?.id === first)
      // Choosing the branch that is active already adds no event.
      const { seq } = await app.caller.sessions.get({ id: sessionId })
      await app.caller.messages.select({ id: first })
      expect(await app.caller.sessions.get({ id: sessionId })).toMatchObject({ seq })
      expect(live.state?.messages.at(-1)?.siblings).toEqual({
        index: 0,
        count: 2,
        previous: null,
        next: messageId,
      })
      await sameAsFresh(app, sessionId, live)
      await ask(app, sessionId, 'Why?', 'It is warm.')
      await live.until(
        ({ state }) =>
          state?.messages.length === 4 && state.messages.at(-1)?.status === 'completed',
      )
      await app.caller.messages.select({ id: messageId })
      await live.until(({ state }) => state?.messages.length === 2)
      await app.caller.messages.select({ id: first })
      await live.until(({ state }) => state?.messages.length === 4)
      await sameAsFresh(app, sessionId, live)
    })

    test('that a reader hears of late comes with every event that followed it (P2, P9)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'one' })
      const first = await app.model.nextCall()
      first.say('uno')
      await live.untilEvent('chunk')
      const { state } = live
      await live.stop()
      const old = state?.messages.at(-1)?.id ?? ''
      const { messageId } = await app.caller.messages.regenerate({ id: old })
      const second = await app.model.nextCall()
      second.say('ein')
      second.finish()
      await using watching = watch(app.caller, sessionId)
      await watching.until((fresh) => fresh.state?.session.running === false)
      await using late = watch(app.caller, sessionId, state)
      await late.until((reader) => (reader.state?.seq ?? 0) >= (watching.state?.seq ?? 0))
      const ends = late.events.flatMap(({ event }) => (event.type === 'end' ? [event] : []))
      expect(ends).toMatchObject([
        { messageId: old, outcome: 'stopped' },
        { messageId, outcome: 'completed' },
      ])
      const seqs = late.events.map(({ seq }) => seq)
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
      await sameAsFresh(app, sessionId, late)
    })

    test('never stands behind the one that it takes the place of, at no event (P2)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await ask(app, sessionId, 'Name a colour', 'red')
      const old = await answerId(live, 1)
      const isAtRest = (id: string) =>
        live.until(
          ({ state }) => state?.messages.at(-1)?.id === id && state.session.running === false,
        )
      await isAtRest(old)
      const again = await app.caller.messages.regenerate({ id: old })
      const second = await app.model.nextCall()
      second.say('blue')
      const third = await app.caller.messages.regenerate({ id: again.messageId })
      ;(await app.model.nextCall()).finish()
      await isAtRest(third.messageId)
      const question = live.state?.messages[0]?.id ?? ''
      await app.caller.messages.edit({ id: question, text: 'Name a shape' })
      const call = await app.model.nextCall()
      call.say('round')
      await live.until(({ state }) => textOf(state, state?.messages[1]?.id ?? '') === 'round')
      const edited = live.state?.messages[0]?.id ?? ''
      await app.caller.messages.edit({ id: edited, text: 'Name a number' })
      ;(await app.model.nextCall()).finish()
      await live.until(
        ({ state }) =>
          textOf(state, state?.messages[0]?.id ?? '') === 'Name a number' &&
          state?.messages[1]?.status === 'completed',
      )
      await sameAsFresh(app, sessionId, live)
      let state: typeof live.state = null
      for (const event of live.events) {
        state = fold(state, event)
        const places = state.messages
          .filter(({ status }) => status !== 'queued')
          .map(({ parentId, role }) => `${role} after ${parentId}`)
        expect(places).toEqual([...new Set(places)])
      }
    })

    test('is made once, however often its command comes, and not under an id that is taken', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id: sessionId } = await caller.sessions.create({})
      await using live = watch(caller, sessionId)
      await live.untilEvent('snapshot')
      await ask(app, sessionId, 'Name a colour', 'red')
      const first = await answerId(live, 1)
      await live.untilEvent('end')
      const newId = crypto.randomUUID()
      const command = { id: first, newId, model: 'other' }
      const sent = await Promise.all([
        caller.messages.regenerate(command),
        caller.messages.regenerate(command),
      ])
      expect(sent[0]).toMatchObject({ messageId: newId })
      expect(sent[1]).toEqual(sent[0])
      const second = await app.model.nextCall()
      second.say('blue')
      // This run is queued, and has no message yet.
      const waiting = { id: newId, newId: crypto.randomUUID() }
      const queued = await caller.messages.regenerate(waiting)
      expect(await caller.messages.regenerate(waiting)).toEqual(queued)
      const third = await app.model.nextCall()
      third.finish()
      await live.until(
        ({ state }) =>
          state?.messages.at(-1)?.id === waiting.newId && state.session.running === false,
      )
      expect(await caller.messages.regenerate(command)).toEqual(sent[0])
      expect(await caller.messages.regenerate(waiting)).toEqual(queued)
      expect(live.state?.messages.at(-1)?.siblings).toMatchObject({ index: 2, count: 3 })
      await sameAsFresh(app, sessionId, live)

      const taken = { code: 'CONFLICT' }
      const question = live.state?.messages[0]?.id ?? ''
      for (const other of [first, question]) {
        await expect(caller.messages.regenerate({ id: first, newId: other })).rejects.toMatchObject(
          taken,
        )
      }
      await expect(
        caller.messages.regenerate({ ...command, model: 'third' }),
      ).rejects.toMatchObject(taken)
      await ask(app, sessionId, 'Another', 'one')
      const last = await answerId(live, 3)
      await expect(caller.messages.regenerate({ id: last, newId })).rejects.toMatchObject(taken)
      await expect(
        caller.messages.send({ sessionId, id: newId, text: 'Hello' }),
      ).rejects.toMatchObject(taken)
    })

    test('of what is not there, or is no answer, is refused', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      const { messageId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      ;(await app.model.nextCall()).finish()
      const nobody = crypto.randomUUID()
      await expect(app.caller.messages.regenerate({ id: nobody })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await expect(app.caller.messages.select({ id: nobody })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await expect(app.caller.messages.regenerate({ id: messageId })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
    })
  })
})
