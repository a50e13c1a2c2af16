import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../../tools/define.ts'
import { startTestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** The course of an answer from the send to its end, on either database. */
onEachStorage((database, openStorage) => {
  describe(`an answer, on ${database}`, () => {
    test('goes from a send to a stored, streamed end, and a fresh reader sees what a live one saw (P1, P2, P5)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      const { messageId, runId } = await app.caller.messages.send({ sessionId: id, text: 'Hello?' })
      const call = await app.model.nextCall()
      expect(call.step.messages).toEqual([{ role: 'user', text: 'Hello?' }])
      call.say('Hi', ' there', ' 👋')
      call.finish()
      const end = await live.untilEvent('end')
      expect(end).toMatchObject({ runId, outcome: 'completed', finish: 'stop', error: null })
      expect(end.usage).toEqual({ inputTokens: 10, outputTokens: 5, costUsd: null })
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
      expect(fresh.state?.messages.map(({ role, status }) => [role, status])).toEqual([
        ['user', 'completed'],
        ['assistant', 'completed'],
      ])
      expect(fresh.state?.messages[0]?.id).toBe(messageId)
      expect(textOf(fresh.state, end.messageId)).toBe('Hi there 👋')
      expect(fresh.state?.session).toMatchObject({ running: false, title: 'Hello?' })
      const seqs = live.events.map(({ seq }) => seq)
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
    })

    test('carries out the calls of a step together and tells the model of each result', async () => {
      const double = defineTool({
        name: 'double',
        description: 'Doubles a number',
        input: z.object({ number: z.number() }),
        output: z.object({ doubled: z.number() }),
        effect: 'read',
        approval: 'never',
        execute: async ({ number }) => ({ doubled: number * 2 }),
      })
      await using talk = await startConversation(openStorage, { tools: [double] })
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Double 2 and 4' })
      const first = await app.model.nextCall()
      first.say('Let me see. ')
      first.callTools(
        { name: 'double', arguments: { number: 2 } },
        { name: 'double', arguments: { number: 'four' } },
        { name: 'triple', arguments: {} },
      )
      const second = await app.model.nextCall()
      expect(second.step.messages.slice(1)).toEqual([
        {
          role: 'assistant',
          text: 'Let me see. ',
          calls: [
            { id: 'provider-0', name: 'double', arguments: '{"number":2}' },
            { id: 'provider-1', name: 'double', arguments: '{"number":"four"}' },
            { id: 'provider-2', name: 'triple', arguments: '{}' },
          ],
          providerState: null,
        },
        { role: 'tool', callId: 'provider-0', output: '{"doubled":4}', failed: false },
        {
          role: 'tool',
          callId: 'provider-1',
          output: expect.stringContaining('"number"'),
          failed: true,
        },
        {
          role: 'tool',
          callId: 'provider-2',
          output: expect.stringContaining('no tool named "triple"'),
          failed: true,
        },
      ])
      second.say('Four.')
      second.finish()
      const end = await live.untilEvent('end')
      expect(end).toMatchObject({
        outcome: 'completed',
        usage: { inputTokens: 20, outputTokens: 10 },
      })
      const message = live.state?.messages.at(-1)
      expect(
        message?.parts.map((part) =>
          part.type === 'tool' ? part.call.status : 'text' in part ? part.text : part.type,
        ),
      ).toEqual(['Let me see. ', 'completed', 'failed', 'failed', 'Four.'])
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
    })

    test('is stopped with the text it has, and the provider is told (P9)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      const { runId } = await app.caller.messages.send({ sessionId: id, text: 'Count' })
      const call = await app.model.nextCall()
      call.say('one, two')
      await live.untilEvent('chunk')
      expect(await app.caller.runs.stop({ sessionId: id })).toEqual({ stopped: true })
      const end = await live.untilEvent('end')
      expect(end).toMatchObject({ runId, outcome: 'stopped', finish: null, error: null })
      expect(call.signal.aborted).toBe(true)
      expect(textOf(live.state, end.messageId)).toBe('one, two')
      expect(await app.caller.runs.stop({ sessionId: id })).toEqual({ stopped: false })
      call.say(' three')
      await app.caller.messages.send({ sessionId: id, text: 'Again' })
      const next = await app.model.nextCall()
      expect(next.step.messages).toEqual([
        { role: 'user', text: 'Count' },
        { role: 'assistant', text: 'one, two', calls: [], providerState: null },
        { role: 'user', text: 'Again' },
      ])
      expect(live.events.filter(({ event }) => event.type === 'end')).toHaveLength(1)
    })

    test('that the model fails keeps its text and ends once, with the reason (P9, P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Hello' })
      const call = await app.model.nextCall()
      const error = {
        code: 'provider_cut',
        message: 'The provider ended the answer early.',
        retryable: true,
      } as const
      call.push({ type: 'text', text: 'As I was say' }, { type: 'error', error })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'failed', finish: null, error })
      const message = live.state?.messages.at(-1)
      expect(message).toMatchObject({
        status: 'failed',
        error,
        parts: [{ type: 'text', text: 'As I was say' }],
      })
    })

    test('ends after RUN_MAX_STEPS model calls and says so', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp({ env: { ...storage.env, RUN_MAX_STEPS: '2' } })
      const { id } = await app.caller.sessions.create({})
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Loop' })
      for (let step = 0; step < 2; step += 1) {
        const call = await app.model.nextCall()
        call.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'uptime' } })
      }
      expect(await live.untilEvent('end')).toMatchObject({
        outcome: 'completed',
        finish: 'max-steps',
      })
      expect(app.model.asked).toBe(2)
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state?.messages).toEqual(live.state?.messages)
      expect(fresh.state?.messages.at(-1)).toMatchObject({ finish: 'max-steps' })
    })
  })
})
