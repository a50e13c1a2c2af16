import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
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
  })
})
