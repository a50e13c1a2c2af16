import { describe, expect, test, vi } from 'vitest'
import { loseAnswer } from '../../testing/lost-answer.ts'
import { startConversation } from '../../testing/conversation.ts'
import type { Conversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Asks a question; the database's answer to the end of what is said to it gets lost. */
async function loseEnd({ app, sessionId }: Conversation, when: 'after' | 'late') {
  await app.caller.sessions.update({ id: sessionId, title: 'Named by a person' })
  await app.caller.messages.send({ sessionId, text: 'Still there?' })
  const ended = loseAnswer(app.services.database.db, 'end_answers', when)
  return { ended, call: await app.model.nextCall() }
}

onEachStorage((name, openStorage) => {
  describe(`a connection to ${name} that breaks`, () => {
    test.each(['before', 'after'] as const)(
      '%s a question and the end of its answer are stored loses and repeats neither (P5)',
      async (when) => {
        await using talk = await startConversation(openStorage)
        const { app, live, sessionId } = talk
        const { db } = app.services.database
        await app.caller.sessions.update({ id: sessionId, title: 'Named by a person' })
        const question = { sessionId, text: 'Still there?', id: crypto.randomUUID() }

        const begun = loseAnswer(db, 'begin_answers', when)
        const sent = app.caller.messages.send(question)
        // Nothing was stored: the client is told, and sends the same again.
        if (when === 'before') await expect(sent).rejects.toThrow()
        else expect(await sent).toMatchObject({ messageId: question.id })
        expect(begun.isDone).toBe(true)
        expect(await app.caller.messages.send(question)).toMatchObject({ messageId: question.id })

        const ended = loseAnswer(db, 'end_answers', when)
        const call = await app.model.nextCall()
        call.say('Still ', 'here.')
        call.finish()
        await live.untilEvent('end')
        expect(ended.isDone).toBe(true)
        expect(app.model.asked).toBe(1)
        const { events } = await app.caller.sessions.log({ id: sessionId })
        const types = events.map(({ event }) => event.type)
        for (const once of ['message', 'start', 'end'] as const) {
          expect(types.filter((type) => type === once)).toEqual([once])
        }
        expect(live.state?.messages.map(({ parts }) => parts)).toMatchObject([
          [{ text: question.text }],
          [{ text: 'Still here.' }],
        ])
      },
    )

    test('when the end of an answer is stored tells its readers, though the log is compacted before that is found out (P2, P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { call, ended } = await loseEnd(talk, 'after')
      call.say('Still ', 'here.')
      call.say(' And on.')
      call.finish()
      await vi.waitUntil(() => ended.isDone, { interval: 1, timeout: 30_000 })
      await talk.app.services.runs.sweep()
      expect(await talk.live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
    })

    test('before the end of an answer is stored, which happens all the same, tells its readers (P2, P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { call, ended } = await loseEnd(talk, 'late')
      call.say('Here.')
      call.finish()
      expect(await talk.live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      expect(ended.isDone).toBe(true)
      await expect
        .poll(() => talk.app.caller.sessions.get({ id: talk.sessionId }))
        .toMatchObject({ running: false })
    })
  })
})
