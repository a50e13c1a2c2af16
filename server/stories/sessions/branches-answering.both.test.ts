import { describe, expect, test } from 'vitest'
import { answerId, ask, startConversation } from '../../testing/conversation.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { sameAsFresh, sameNow } from '../../testing/fresh-reader.ts'

/** Conversations that fork while an answer is written, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a branch, on ${database}`, () => {
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
  })
})
