import { describe, expect, test } from 'vitest'
import { talkFile } from '../../sessions/testing/talk-file.ts'
import type { ModelMessage } from '../../model/port.ts'
import { defineTool } from '../../tools/define.ts'
import { z } from 'zod'
import type { ScriptedCall } from '../../testing/scripted-model.ts'
import { startTestApp } from '../../testing/app.ts'
import type { Storage, TestApp } from '../../testing/app.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** The part of a conversation that the model is sent, on either database. */
onEachStorage((database, openStorage) => {
  describe(`what the model reads, on ${database}`, () => {
    test('is the whole branch while there is room, and then its newest turns with a word about the others', async () => {
      await using storage = await openStorage()
      const app = await startSmall(storage)
      await using _ = app
      const { id } = await app.caller.sessions.create({ systemPrompt: 'Be brief.' })
      const seen: ScriptedCall[] = []
      for (let turn = 0; turn < 14; turn += 1) {
        seen.push(await exchange(app, id, `Question ${turn} ${filler}`, `Answer ${turn} ${filler}`))
      }
      const [first] = seen
      expect(first?.step.systemPrompt).toBe('Be brief.')
      expect(seen[3]?.step.messages).toHaveLength(7)
      const last = seen.at(-1)?.step
      const texts = (last?.messages ?? []).map(textOf)
      expect(texts.at(-1)).toMatch(/^Question 13 /)
      expect(texts[0]).toMatch(/^Question \d+ /)
      const kept = texts.filter((text) => text.startsWith('Question')).length
      expect(kept).toBeGreaterThan(2)
      expect(kept).toBeLessThan(14)
      expect(texts).toHaveLength(2 * kept - 1)
      const omitted = 14 - kept
      expect(last?.systemPrompt).toMatch(
        new RegExp(`^Be brief\\.\\n\\nThe first ${omitted} questions of this conversation`),
      )
    })

    test('of a long conversation is read from its end, and what was not even read is counted', async () => {
      await using storage = await openStorage()
      const app = await startSmall(storage)
      await using _ = app
      const [session] = (await app.caller.sessions.import({ data: longConversation(130) })).sessions
      const call = await exchange(app, session?.id ?? '', 'And now?', 'Well.')
      const questions = call.step.messages.filter(({ role }) => role === 'user').map(textOf)
      expect(questions.at(-1)).toBe('And now?')
      expect(questions.at(-2)).toMatch(/^Question 129 /)
      expect(questions.length).toBeLessThan(20)
      const omitted = 131 - questions.length
      expect(questions[0]).toMatch(new RegExp(`^Question ${omitted} `))
      expect(call.step.systemPrompt).toContain(`The first ${omitted} questions`)
    })

    test('of a long conversation is all of it where there is room, however many pages that takes', async () => {
      await using storage = await openStorage()
      const env = { ...storage.env, LLM_CONTEXT_WINDOW: '1000000' }
      await using app = await startTestApp({ env })
      const [session] = (await app.caller.sessions.import({ data: longConversation(400) })).sessions
      const call = await exchange(app, session?.id ?? '', 'And now?', 'Well.')
      expect(call.step.messages).toHaveLength(801)
      const questions = call.step.messages.filter(({ role }) => role === 'user').map(textOf)
      for (const [turn, question] of questions.slice(0, -1).entries()) {
        expect(question).toMatch(new RegExp(`^Question ${turn} `))
      }
    })

    test('begins with the summary, where there is one, in the place of what is left out', async () => {
      await using storage = await openStorage()
      const app = await startSmall(storage)
      await using _ = app
      const { id } = await app.caller.sessions.create({})
      for (let turn = 0; turn < 12; turn += 1) {
        await exchange(app, id, `Question ${turn} ${filler}`, filler)
      }
      await app.services.database.db
        .updateTable('sessions')
        .set({ summary: 'They spoke about foxes.' })
        .where('id', '=', id)
        .execute()
      const call = await exchange(app, id, `And now? ${filler}`, 'Well.')
      expect(call.step.systemPrompt).toMatch(/left out here.*\nThey spoke about foxes\.$/)
    })

    test('is summarised in the background once it cannot be read whole, for the next question', async () => {
      await using storage = await openStorage()
      const app = await startSmall(storage)
      await using _ = app
      const [session] = (await app.caller.sessions.import({ data: longConversation(60) })).sessions
      const id = session?.id ?? ''
      await exchange(app, id, 'And now?', 'Well.')
      const writing = await app.model.nextWriting()
      expect(writing.step.messages.map(textOf).join()).toContain('Question 0 ')
      writing.say('They counted foxes.')
      writing.finish()
      await expect
        .poll(() => app.caller.sessions.get({ id }), { timeout: 20_000 })
        .toMatchObject({ summary: 'They counted foxes.', status: 'active' })
      const call = await exchange(app, id, 'And then?', 'Well.')
      expect(call.step.systemPrompt).toMatch(/left out here.*\nThey counted foxes\.$/)
    })

    test('has each call with its result; results too long to read are clipped, with a note', async () => {
      await using storage = await openStorage()
      const app = await startSmall(storage)
      await using _ = app
      const { id } = await app.caller.sessions.create({})
      await app.caller.messages.send({ sessionId: id, text: 'Read the book' })
      const asking = await app.model.nextCall()
      asking.callTools({ name: 'read_book', arguments: {} }, { name: 'read_book', arguments: {} })
      const answering = await app.model.nextCall()
      const results = answering.step.messages.flatMap((message) =>
        message.role === 'tool' ? [message] : [],
      )
      expect(results.map(({ callId }) => callId)).toEqual(['provider-0', 'provider-1'])
      for (const { output } of results) {
        expect(output).toMatch(/^"Once upon a time.*characters are left out here[^]*The end\."$/s)
        expect(output.length).toBeLessThan(20_000)
      }
      answering.say('Read.')
      answering.finish()
      await ended(app, id)
    })

    test('is shortened, and the model asked again, when it refuses the conversation as too long', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp({ env: storage.env })
      const { id } = await app.caller.sessions.create({})
      for (let turn = 0; turn < 12; turn += 1) {
        await exchange(app, id, `Question ${turn} ${filler}`, filler)
      }
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'And now?' })
      const refused = await app.model.nextCall()
      expect(refused.step.messages).toHaveLength(25)
      refused.push({ type: 'error', error: TOO_LONG, contextWindow: 4_000 })
      const again = await app.model.nextCall()
      expect(again.step.messages.length).toBeLessThan(20)
      expect(again.step.messages.at(-1)).toEqual({ role: 'user', text: 'And now?' })
      again.say('Now this.')
      again.finish()
      await live.until(({ events }) => events.some(({ event }) => event.type === 'end'))
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed', error: null })
      // The learned limit applies to the next question.
      const next = await exchange(app, id, 'And then?', 'That.')
      expect(next.step.messages.length).toBeLessThan(22)
    })

    test('ends as context_too_long when nothing is left to shorten', async () => {
      await using storage = await openStorage()
      // A shorter answer would not help either.
      await using app = await startTestApp({ env: { ...storage.env, LLM_MAX_TOKENS: '200' } })
      const { id } = await app.caller.sessions.create({})
      await app.caller.messages.send({ sessionId: id, text: filler })
      const call = await app.model.nextCall()
      call.push({ type: 'error', error: TOO_LONG })
      await ended(app, id)
      expect(app.model.asked).toBe(1)
      const { messages } = await app.caller.messages.list({ sessionId: id })
      expect(messages.at(-1)).toMatchObject({
        status: 'failed',
        error: { code: 'context_too_long' },
      })
    })

    test('carries what the provider wants replayed through the steps of an answer and on to the next', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp({ env: storage.env })
      const { id } = await app.caller.sessions.create({})
      await app.caller.messages.send({ sessionId: id, text: 'Hello' })
      const asking = await app.model.nextCall()
      const state = { api: 'chat' as const, model: 'm', data: { calls: [{ signature: 's' }] } }
      asking.push({ type: 'provider-state', state })
      asking.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'process' } })
      const answering = await app.model.nextCall()
      expect(answering.step.messages[1]).toMatchObject({ providerState: state })
      answering.say('Well.')
      answering.finish()
      await ended(app, id)
      const next = await exchange(app, id, 'And?', 'Yes.')
      expect(next.step.messages[1]).toMatchObject({ providerState: state })
    })
  })
})

/** Some 130 tokens. */
const filler = 'The quick brown fox jumps over the lazy dog, and so it goes on. '.repeat(9).trim()

/** A file of one session, to be imported. */
const longConversation = (turns: number) =>
  talkFile(
    'Long',
    Array.from({ length: turns }, (_, turn) => [`Question ${turn} ${filler}`, filler]).flat(),
  )

const TOO_LONG = { code: 'context_too_long' as const, message: 'Too long.', retryable: false }

const readBook = defineTool({
  name: 'read_book',
  description: 'Reads the book.',
  input: z.object({}),
  output: z.string(),
  effect: 'read',
  approval: 'never',
  execute: async () => `Once upon a time ${'there was a fox and it ran. '.repeat(2_000)}The end.`,
})

/** A server whose model has a small context window. */
function startSmall({ env }: Storage) {
  return startTestApp({
    env: { ...env, LLM_CONTEXT_WINDOW: '4000', LLM_MAX_TOKENS: '300' },
    tools: [readBook],
  })
}

async function exchange(
  app: TestApp,
  sessionId: string,
  text: string,
  answer: string,
): Promise<ScriptedCall> {
  await app.caller.messages.send({ sessionId, text })
  const call = await app.model.nextCall()
  call.say(answer)
  call.push({ type: 'finish', finish: 'stop' })
  await ended(app, sessionId)
  return call
}

async function ended(app: TestApp, id: string): Promise<void> {
  await expect.poll(() => app.caller.sessions.get({ id })).toMatchObject({ running: false })
}

function textOf(message: ModelMessage): string {
  return message.role === 'tool' ? message.output : message.text
}
