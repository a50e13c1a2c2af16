import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { MessageId } from '../../../shared/contract/ids.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { sameNow } from '../../testing/fresh-reader.ts'
import type { ScriptedCall } from '../../testing/scripted-model.ts'
import { textOf } from '../../testing/clients/watch.ts'
import type { Watcher } from '../../testing/clients/watch.ts'
import { orphanRuns } from '../../testing/orphan-runs.ts'

const metrics = { name: 'get_system_metrics', arguments: {} }

/** Messages that join a running answer. */
onEachStorage((database, openStorage) => {
  describe(`a message that steers, on ${database}`, () => {
    test('joins the answer at its next step, after what waited before it, and is told to the model there', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { messageId: questionId, runId } = await app.caller.messages.send({
        sessionId,
        text: 'Go',
      })
      const first = await app.model.nextCall()
      const later = await app.caller.messages.send({ sessionId, text: 'Later' })
      const send = { sessionId, whenBusy: 'steer' as const }
      const id = MessageId.parse(crypto.randomUUID())
      const one = await app.caller.messages.send({ ...send, id, text: 'Be brief' })
      expect(one).toEqual({ messageId: id, runId })
      const two = await app.caller.messages.send({ ...send, text: 'And kind' })
      await live.until(({ state }) => state?.messages.at(-1)?.id === later.messageId)
      expect(waiting(live)).toEqual(['Be brief', 'And kind', 'Later'])
      expect(live.state?.messages.slice(2).map(({ joins }) => joins)).toEqual([
        ...[runId, runId, undefined],
      ])
      const changed = { id: two.messageId, text: 'And kind!', onlyQueued: true }
      await app.caller.messages.edit(changed)
      await live.until(() => waiting(live).includes('And kind!'))
      await app.caller.messages.edit({ ...changed, text: 'And kind' })
      await live.until(() => waiting(live).includes('And kind'))
      expect(live.state?.messages[3]).toMatchObject({ id: two.messageId, joins: runId })
      await sameNow(app, sessionId, live)

      first.callTools(metrics)
      const second = await app.model.nextCall()
      expect(second.step.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'tool', 'user', 'user'],
      ])
      expect(second.step.messages.slice(-2)).toMatchObject([
        { text: 'Be brief' },
        { text: 'And kind' },
      ])
      await live.until(() => waiting(live).length === 1)
      const answerId = live.state?.messages[1]?.id
      expect(live.state?.messages).toMatchObject([
        { id: questionId, role: 'user' },
        { role: 'assistant', status: 'running' },
        { id, parentId: answerId, status: 'completed', joinedPart: 1, runId },
        { id: two.messageId, parentId: id, status: 'completed', joinedPart: 1, runId },
        { id: later.messageId, status: 'queued' },
      ])
      expect(live.state?.messages.some(({ joins }) => joins !== undefined)).toBe(false)
      expect(await app.caller.messages.send({ ...send, id, text: 'Be brief' })).toEqual(one)
      second.say('Done')
      second.finish()
      const third = await app.model.nextCall()
      expect(third.step.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'tool', 'user', 'user', 'assistant', 'user'],
      ])
      third.say('Then this')
      third.finish()
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      expect(live.state?.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'user', 'user', 'user', 'assistant'],
      ])
      expect(live.state?.messages[4]).toMatchObject({ parentId: two.messageId })
      await sameNow(app, sessionId, live)

      const copy = await app.caller.sessions.fork({
        messageId: live.state?.messages.at(-1)?.id ?? '',
      })
      await app.caller.messages.send({ sessionId: copy.id, text: 'In the copy' })
      const inCopy = await app.model.nextCall()
      expect(inCopy.step.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'tool', 'user', 'user', 'assistant', 'user', 'assistant', 'user'],
      ])
    })

    test('is told in its place, whatever the clocks of the nodes said that took it', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      await app.caller.messages.send({ sessionId, text: 'Go' })
      const first = await app.model.nextCall()
      const send = { sessionId, whenBusy: 'steer' as const }
      await app.caller.messages.send({ ...send, text: 'Be brief' })
      const two = await app.caller.messages.send({ ...send, text: 'And kind' })
      await sql`update messages set created_at = created_at - interval '1 hour'
        where id = ${two.messageId}`.execute(app.services.database.db)
      first.callTools(metrics)
      const { step } = await app.model.nextCall()
      expect(step.messages.slice(-2)).toMatchObject([{ text: 'Be brief' }, { text: 'And kind' }])
    })

    test('is the next question where the answer has no further step', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Go' })
      const first = await app.model.nextCall()
      await app.caller.messages.send({ sessionId, text: 'Later' })
      await app.caller.messages.send({ sessionId, text: 'Steer', whenBusy: 'steer' })
      first.say('Done')
      first.finish()
      const second = await app.model.nextCall()
      expect(second.step.messages.at(-1)).toMatchObject({ role: 'user', text: 'Steer' })
      await live.until(() => waiting(live).length === 1)
      expect(live.state?.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'user', 'assistant', 'user'],
      ])
      await sameNow(app, sessionId, live)
    })

    test('joins also while another branch is looked at, and waits nowhere any more', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Go' })
      const first = await app.model.nextCall()
      first.say('Red')
      first.finish()
      await live.untilEvent('end')
      const old = live.state?.messages.at(-1)?.id ?? ''
      const { messageId: anew } = await app.caller.messages.regenerate({ id: old })
      const second = await app.model.nextCall()
      await app.caller.messages.select({ id: old })
      await live.until(({ state }) => state?.messages.at(-1)?.id === old)
      const steering = { sessionId, text: 'Be brief', whenBusy: 'steer' as const }
      const { messageId: id } = await app.caller.messages.send(steering)
      await live.until(() => waiting(live).length === 1)
      second.callTools(metrics)
      const third = await app.model.nextCall()
      expect(third.step.messages.at(-1)).toMatchObject({ text: 'Be brief' })
      await live.until(() => waiting(live).length === 0)
      expect(live.state?.messages.at(-1)?.id).toBe(old)
      await sameNow(app, sessionId, live)
      third.say('Blue')
      third.finish()
      await live.until(({ state }) => state?.session.running === false)
      await app.caller.messages.select({ id: anew })
      await live.until(({ state }) => state?.messages.at(-1)?.id === id)
      expect(live.state?.messages).toMatchObject([{}, { id: anew }, { id, parentId: anew }])
      await sameNow(app, sessionId, live)
    })

    test('is in its place when another node takes the answer over, and can be taken back until it joins', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Go' })
      const first = await app.model.nextCall()
      const send = { sessionId, whenBusy: 'steer' as const }
      const gone = await app.caller.messages.send({ ...send, text: 'Never mind' })
      await app.caller.messages.send({ ...send, text: 'Be brief' })
      await app.caller.messages.unqueue({ id: gone.messageId })
      first.callTools(metrics)
      const second = await app.model.nextCall()
      second.say('Half of')
      await live.until(({ state }) => state?.messages[1]?.parts.length === 2)
      await orphanRuns(app)
      const again = await app.model.nextCall()
      expect(again.step.messages).toEqual(second.step.messages)
      again.say('Whole')
      again.finish()
      await live.untilEvent('end')
      expect(live.state && textOf(live.state, live.state.messages[1]?.id ?? '')).toBe('Whole')
      expect(live.state?.messages).toMatchObject([{}, {}, { joinedPart: 1 }])
      await sameNow(app, sessionId, live)
    })
  })

  describe(`an answer that was cut, on ${database}`, () => {
    test('goes on in the same message, also after another node took that over', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const sent = await app.caller.messages.send({ sessionId, text: 'Count' })
      const first = await app.model.nextCall()
      first.say('One, two, thr')
      cut(first, 10, 5)
      await live.untilEvent('end')
      const id = live.state?.messages.at(-1)?.id ?? ''
      const continued = await app.caller.messages.continue({ id })
      expect(continued.messageId).toBe(id)
      expect(continued.runId).not.toBe(sent.runId)
      const second = await app.model.nextCall()
      expect(second.step.messages).toMatchObject([
        { role: 'user', text: 'Count' },
        { role: 'assistant', text: 'One, two, thr' },
        { role: 'user', text: expect.stringContaining('Go on exactly where it ended') },
      ])
      second.say('ee, for')
      await live.until(({ state }) => state?.messages.at(-1)?.parts.length === 2)
      expect(await app.caller.messages.continue({ id })).toEqual(continued)
      await orphanRuns(app)
      const again = await app.model.nextCall()
      expect(again.step.messages).toEqual(second.step.messages)
      again.say('ee, four')
      again.finish()
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      expect(live.state?.messages).toMatchObject([
        { role: 'user' },
        {
          ...{ id, runId: continued.runId, status: 'completed' },
          parts: [{ text: 'One, two, thr' }, { text: 'ee, four' }],
          usage: { inputTokens: 20, outputTokens: 10 },
        },
      ])
      expect(live.state?.messages[1]).not.toHaveProperty('finish')
      await sameNow(app, sessionId, live)
      await expect(app.caller.messages.continue({ id })).rejects.toThrow('complete')
      await app.caller.messages.send({ sessionId, text: 'Thanks' })
      const later = await app.model.nextCall()
      expect(later.step.messages).toMatchObject([
        { text: 'Count' },
        { role: 'assistant', text: 'One, two, three, four' },
        { text: 'Thanks' },
      ])
    })

    test('goes on after it was stopped behind a tool, whose result it keeps', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Measure' })
      const first = await app.model.nextCall()
      first.callTools(metrics)
      const second = await app.model.nextCall()
      second.say('It is')
      await live.until(({ state }) => state?.messages.at(-1)?.parts.length === 2)
      await app.caller.runs.stop({ sessionId })
      await live.untilEvent('end')
      const id = live.state?.messages.at(-1)?.id ?? ''
      await app.caller.messages.continue({ id })
      const third = await app.model.nextCall()
      expect(third.step.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'tool', 'assistant', 'user'],
      ])
      third.callTools(metrics)
      const fourth = await app.model.nextCall()
      expect(fourth.step.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'tool', 'assistant', 'tool'],
      ])
      fourth.say(' fine.')
      fourth.finish()
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      await sameNow(app, sessionId, live)

      const copy = await app.caller.sessions.fork({ messageId: id })
      await app.caller.messages.send({ sessionId: copy.id, text: 'In the copy' })
      const inCopy = await app.model.nextCall()
      expect(inCopy.step.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'tool', 'assistant', 'tool', 'assistant', 'user'],
      ])
    })

    test('is not continued when the conversation went on', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Count' })
      const first = await app.model.nextCall()
      cut(first, 1, 1)
      await live.untilEvent('end')
      const id = live.state?.messages.at(-1)?.id ?? ''
      const { messageId } = await app.caller.messages.send({ sessionId, text: 'Thanks' })
      const { continue: proceed } = app.caller.messages
      await expect(proceed({ id })).rejects.toThrow('went on after this answer')
      await expect(proceed({ id: messageId })).rejects.toThrow('Only an answer')
    })
  })
})

function cut(call: ScriptedCall, inputTokens: number, outputTokens: number): void {
  call.push(
    { type: 'usage', usage: { inputTokens, outputTokens } },
    { type: 'finish', finish: 'length' },
  )
}

function waiting({ state }: Watcher): string[] {
  return (state?.messages ?? []).flatMap(({ status, parts }) =>
    status === 'queued' ? parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])) : [],
  )
}
