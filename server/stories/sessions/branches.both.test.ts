import { describe, expect, test } from 'vitest'
import { fold } from '../../../shared/session/fold.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

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
      // What is active already is told to nobody again.
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

    test('that is regenerated while it is being written stops the old answer, whose text stays', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Count' })
      const call = await app.model.nextCall()
      call.say('one')
      await live.untilEvent('chunk')
      const old = await answerId(live, 1)
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

    test('is looked at while an answer is written in another, which goes on; whoever comes back sees all of it (P2, P9)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await ask(app, sessionId, 'Name a colour', 'red')
      const old = await answerId(live, 1)
      await live.until(({ state }) => state?.session.running === false)
      const { messageId } = await app.caller.messages.regenerate({ id: old })
      const call = await app.model.nextCall()
      call.say('blue')
      await live.until(({ state }) => textOf(state, messageId) === 'blue')

      await app.caller.messages.select({ id: old })
      await live.until(({ state }) => state?.messages.at(-1)?.id === old)
      expect(live.state?.session.running).toBe(true)
      await sameNow(app, sessionId, live)
      call.say(' and green')
      await using other = watch(app.caller, sessionId)
      await other.until(({ state }) => state?.messages.at(-1)?.id === old)
      await app.caller.messages.select({ id: messageId })
      for (const reader of [live, other]) {
        await reader.until(({ state }) => textOf(state, messageId) === 'blue and green')
      }
      await sameNow(app, sessionId, live)

      await app.caller.messages.select({ id: old })
      await app.caller.runs.stop({ sessionId })
      await live.until(({ state }) => state?.session.running === false)
      expect(live.state?.messages.at(-1)).toMatchObject({ id: old, status: 'completed' })
      await sameAsFresh(app, sessionId, live)
      await app.caller.messages.select({ id: messageId })
      await live.until(({ state }) => state?.messages.at(-1)?.id === messageId)
      expect(live.state?.messages.at(-1)?.status).toBe('stopped')
      expect(textOf(live.state, messageId)).toBe('blue and green')
      for (const reader of [live, other]) await sameAsFresh(app, sessionId, reader)
      const ends = live.events.filter(({ event }) => event.type === 'end')
      expect(ends).toHaveLength(2)
    })

    test('keeps what waits behind it, whatever is looked at meanwhile; what is said there goes on there (P2)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await ask(app, sessionId, 'Name a colour', 'red')
      const old = await answerId(live, 1)
      await live.until(({ state }) => state?.session.running === false)
      const { messageId } = await app.caller.messages.regenerate({ id: old })
      const blue = await app.model.nextCall()
      blue.say('blue')
      await live.until(({ state }) => textOf(state, messageId) === 'blue')
      await app.caller.messages.send({ sessionId, text: 'Why blue?' })
      await app.caller.messages.send({ sessionId, text: 'Sure?' })
      await app.caller.messages.select({ id: old })
      await app.caller.messages.send({ sessionId, text: 'Why red?' })
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'queued')
      await sameNow(app, sessionId, live)
      blue.finish()
      const asked: string[][] = []
      for (const answer of ['sky', 'yes', 'fire']) {
        const next = await app.model.nextCall()
        asked.push(next.step.messages.map((message) => ('text' in message ? message.text : '')))
        next.say(answer)
        next.finish()
      }
      await live.until(
        ({ state }) =>
          state?.session.running === false &&
          textOf(state, state.messages.at(-1)?.id ?? '') === 'fire',
      )
      expect(asked).toEqual([
        ['Name a colour', 'blue', 'Why blue?'],
        ['Name a colour', 'blue', 'Why blue?', 'sky', 'Sure?'],
        ['Name a colour', 'red', 'Why red?'],
      ])
      await sameAsFresh(app, sessionId, live)
    })

    test('is changed again and again in the middle of an answer, and every reader ends with the same (P1, P2, P3)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await ask(app, sessionId, 'Name a colour', 'red')
      const old = await answerId(live, 1)
      await live.until(({ state }) => state?.session.running === false)
      const { messageId } = await app.caller.messages.regenerate({ id: old })
      const call = await app.model.nextCall()
      const words = Array.from({ length: 60 }, (_, index) => `word ${index} `)
      const saying = (async () => {
        for (const word of words) {
          call.say(word)
          await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      const cut: (typeof live.state)[] = []
      for (let round = 0; round < 12; round += 1) {
        await app.caller.messages.select({ id: round % 2 === 0 ? old : messageId })
        cut.push(live.state)
      }
      await saying
      call.finish()
      await live.until(({ state }) => state?.session.running === false)
      await sameAsFresh(app, sessionId, live)
      expect(textOf(live.state, messageId)).toBe(words.join(''))
      // A reader that was cut off anywhere in between reaches the same state by the log alone.
      for (const state of cut) {
        await using late = watch(app.caller, sessionId, state)
        await late.until((reader) => (reader.state?.seq ?? 0) >= (live.state?.seq ?? 0))
        await sameAsFresh(app, sessionId, late)
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

/** Compares with a fresh reader in the middle of an answer. */
async function sameNow(app: TestApp, sessionId: string, live: Watcher): Promise<void> {
  await using fresh = watch(app.caller, sessionId)
  await fresh.untilEvent('snapshot')
  await live.until(({ state }) => (state?.seq ?? 0) >= (fresh.state?.seq ?? 0))
  expect(fresh.state).toEqual(live.state)
}

async function sameAsFresh(app: TestApp, sessionId: string, live: Watcher): Promise<void> {
  await live.until(({ state }) => state?.session.running === false)
  await using fresh = watch(app.caller, sessionId)
  await fresh.untilEvent('snapshot')
  expect(fresh.state).toEqual(live.state)
}
