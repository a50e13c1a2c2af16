import type OpenAI from 'openai'
import { describe, expect, test, vi } from 'vitest'
import type { TestApp } from '../../testing/app.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientOf } from '../../testing/clients/openai-client.ts'
import { restartable } from '../../testing/restartable.ts'

/** OpenAI's own client, unchanged, against this server. */
onEachStorage((database, openStorage) => {
  describe(`the Chat Completions door, on ${database}`, () => {
    test('speaks Chat Completions, with history, functions and usage', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      await using app = await server.start()
      const client = await clientOf(app)
      const tools: OpenAI.Chat.ChatCompletionTool[] = [
        { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } },
      ]
      const history: OpenAI.Chat.ChatCompletionMessageParam[] = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'user', content: 'Weather?' },
      ]
      const asked = client.chat.completions.create({ model: 'default', messages: history, tools })
      const call = await app.model.nextCall()
      expect(call.step).toMatchObject({
        systemPrompt: 'Be brief.',
        messages: [
          { role: 'user', text: 'Hello' },
          { role: 'assistant', text: 'Hi.' },
          { role: 'user', text: 'Weather?' },
        ],
      })
      call.callTools({ name: 'get_weather', arguments: {} })
      const message = (await asked).choices[0]?.message
      const [toolCall] = message?.tool_calls ?? []
      const stream = await client.chat.completions.create({
        ...{ model: 'default', tools, stream: true, stream_options: { include_usage: true } },
        messages: [
          ...history,
          { role: 'assistant', content: null, tool_calls: message?.tool_calls ?? [] },
          { role: 'tool', tool_call_id: toolCall?.id ?? '', content: 'Rain' },
        ],
      })
      const next = await app.model.nextCall()
      next.say('It ', 'rains.')
      next.finish()
      const chunks = await Array.fromAsync(stream)
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
        'It rains.',
      )
      expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
      expect(chunks.at(-1)?.usage).toMatchObject({ total_tokens: expect.any(Number) })
      expect((await client.models.list()).data).toContainEqual(
        expect.objectContaining({ id: 'scripted', object: 'model' }),
      )
    })

    test('stays open until a person has decided about a call, and has the text from before and after', async () => {
      await using talk = await startConversation(openStorage, { tools: [askFirst] })
      const { app } = talk
      const client = await clientOf(app)
      const messages = [{ role: 'user' as const, content: 'Do it' }]
      const whole = client.chat.completions.create({ model: 'default', messages })
      await askBetween(app)
      expect((await whole).choices).toMatchObject([
        { message: { content: 'Before. After.' }, finish_reason: 'stop' },
      ])
      const ask = { model: 'default', messages, stream: true as const }
      const streamed = Array.fromAsync(await client.chat.completions.create(ask))
      await askBetween(app)
      const chunks = (await streamed).flatMap(({ choices }) => choices)
      expect(chunks.map(({ delta }) => delta.content ?? '').join('')).toBe('Before. After.')
      expect(chunks.map((one) => one.finish_reason).filter((why) => why)).toEqual(['stop'])
      // Nothing is decided about the last one, and its stop ends the request too.
      const stopped = client.chat.completions.create({ model: 'default', messages })
      const { sessionId } = await untilAsked(app)
      await app.caller.runs.stop({ sessionId })
      expect((await stopped).choices).toMatchObject([{ message: { content: 'Before. ' } }])
    })
  })
})

const LONG = { timeout: 20_000 }

/** Answers with a call that a person must approve, up to the approval. */
async function untilAsked(app: TestApp): Promise<{ sessionId: string; callId: string }> {
  const call = await app.model.nextCall()
  call.say('Before. ')
  call.callTools({ name: 'ask_first', arguments: {} })
  return vi.waitFor(async () => {
    const { items } = await app.caller.sessions.list({ archived: true })
    for (const { id } of items) {
      const { messages } = await app.caller.messages.list({ sessionId: id })
      const waiting = messages.find(({ status }) => status === 'waiting')
      const [asked] = waiting?.parts.flatMap((one) => (one.type === 'tool' ? one.call : [])) ?? []
      if (asked) return { sessionId: id, callId: asked.id }
    }
    throw new Error('no call waits yet')
  }, LONG)
}

async function askBetween(app: TestApp): Promise<void> {
  const { callId } = await untilAsked(app)
  await app.caller.tools.decide({ callId, decision: 'approve' })
  const next = await app.model.nextCall()
  next.say('After.')
  next.finish()
}
