import { describe, expect, test } from 'vitest'
import { type Storage, type TestApp, startTestApp } from '../testing/app.ts'
import { textOf, watch } from '../testing/watch.ts'

/** Conversations that fork, on either database. */
export function branchStories(database: string, openStorage: () => Promise<Storage>): void {
  describe(`a branch, on ${database}`, () => {
    test('is made by regenerating an answer, perhaps with another model, and hides none (P2)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
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

    test('that is regenerated while it is being written stops the old answer, whose text stays', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      await using live = watch(app.caller, sessionId)
      await app.caller.messages.send({ sessionId, text: 'Count' })
      const call = await app.model.nextCall()
      call.say('one')
      await live.untilEvent('chunk')
      const old = await answerId(live, 1)
      await expect(app.caller.messages.select({ id: old })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      const { messageId } = await app.caller.messages.regenerate({ id: old })
      expect(await live.untilEvent('end')).toMatchObject({ messageId: old, outcome: 'stopped' })
      const next = await app.model.nextCall()
      expect(next.step.messages).toEqual([{ role: 'user', text: 'Count' }])
      next.say('uno')
      next.finish()
      await live.until(
        ({ state }) => state?.messages.at(-1)?.id === messageId && state.session.running === false,
      )
      await app.caller.messages.select({ id: old })
      await live.until(({ state }) => textOf(state, old) === 'one')
      expect(live.state?.messages.at(-1)).toMatchObject({ id: old, status: 'stopped' })
      await sameAsFresh(app, sessionId, live)
    })

    test('that a reader hears of late comes with every event that followed it (P2, P9)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
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
}

type Watcher = ReturnType<typeof watch>

async function ask(
  app: TestApp,
  sessionId: string,
  question: string,
  answer: string,
): Promise<void> {
  await app.caller.messages.send({ sessionId, text: question })
  const call = await app.model.nextCall()
  call.say(answer)
  call.finish()
}

async function answerId(live: Watcher, index: number): Promise<string> {
  await live.until(({ state }) => (state?.messages.length ?? 0) > index)
  return live.state?.messages[index]?.id ?? ''
}

async function sameAsFresh(app: TestApp, sessionId: string, live: Watcher): Promise<void> {
  await live.until(({ state }) => state?.session.running === false)
  await using fresh = watch(app.caller, sessionId)
  await fresh.untilEvent('snapshot')
  expect(fresh.state).toEqual(live.state)
}
