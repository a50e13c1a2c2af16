import fc from 'fast-check'
import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import type { ScriptedCall } from '../../testing/scripted-model.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientOf, weather } from '../../testing/clients/openai-client.ts'

type Item = OpenAI.Responses.ResponseInputItem
type ChatMessage = OpenAI.Chat.ChatCompletionMessageParam

const called = (call_id: string, name: string, args: string): Item => ({
  ...{ type: 'function_call', call_id, name, arguments: args },
})
const answered = (call_id: string, output: string): Item => ({
  ...{ type: 'function_call_output', call_id, output },
})

/** Calls with their results, in the order in which the model is told of them. */
function toldCalls({ step }: ScriptedCall): [id: string, name: string, output: string][] {
  const results = new Map(
    step.messages.flatMap((one) => (one.role === 'tool' ? [[one.callId, one.output]] : [])),
  )
  return step.messages.flatMap((one) =>
    one.role === 'assistant'
      ? one.calls.map(({ id, name }): [string, string, string] => [
          ...([id, name, JSON.parse(results.get(id) ?? 'null')] as [string, string, string]),
        ])
      : [],
  )
}

const says = (call: ScriptedCall, text: string) => {
  call.say(text)
  call.finish()
}

/** Histories with calls that clients post, before something that the user says. */
onEachStorage((database, openStorage) => {
  describe(`posted histories with calls, on ${database}`, () => {
    test('a Chat history reaches the log and the model with each call and its output, and carries nothing out', async () => {
      await using talk = await startConversation(openStorage, { tools: [askFirst] })
      const { app } = talk
      const client = await clientOf(app)
      const call = (id: string, name: string, args = '{}') => ({
        ...{ id, type: 'function' as const, function: { name, arguments: args } },
      })
      const messages: ChatMessage[] = [
        { role: 'user', content: 'Weather, and do it' },
        {
          ...{ role: 'assistant', content: 'Let me see.' },
          tool_calls: [call('a', 'get_weather', '{"place":"Kiel"}'), call('b', 'ask_first')],
        },
        { role: 'tool', tool_call_id: 'b', content: 'Done' },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'Rain' }] },
        { role: 'assistant', content: 'It rains.' },
        { role: 'user', content: 'And now?' },
      ]
      const asking = client.chat.completions.create({ model: 'default', messages })
      const asked = await app.model.nextCall()
      expect(asked.step.messages).toMatchObject([
        { role: 'user', text: 'Weather, and do it' },
        {
          ...{ role: 'assistant', text: 'Let me see.' },
          calls: [{ id: 'a', arguments: '{"place":"Kiel"}' }, { id: 'b' }],
        },
        { role: 'tool', callId: 'a', output: '"Rain"', failed: false },
        { role: 'tool', callId: 'b', output: '"Done"', failed: false },
        { role: 'assistant', text: 'It rains.', calls: [] },
        { role: 'user', text: 'And now?' },
      ])
      // Earlier calls are no approval of a new one.
      asked.callTools({ name: 'ask_first', arguments: {} })
      const { items } = await app.caller.sessions.list({ archived: true })
      const id = items[0]?.id ?? ''
      await expect
        .poll(async () => (await app.caller.sessions.read({ id })).messages.at(-1)?.status)
        .toBe('waiting')
      const read = await app.caller.sessions.read({ id })
      const calls = read.messages.map(({ parts }) =>
        parts.flatMap((part) => (part.type === 'tool' ? [part.call] : [])),
      )
      expect(calls).toMatchObject([
        [],
        [
          { name: 'get_weather', source: 'client', status: 'completed', output: 'Rain' },
          { name: 'ask_first', source: 'client', status: 'completed', output: 'Done' },
        ],
        [],
        [{ name: 'ask_first', status: 'awaiting-approval' }],
      ])
      await app.caller.runs.stop({ sessionId: id })
      await asking
    })

    test('a Responses history has calls side by side, step after step, and those that the server made', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const gone = { type: 'http_error' as const, code: 502, message: 'The server is gone.' }
      const input: Item[] = [
        { role: 'user', content: 'Look' },
        { role: 'assistant', content: 'I look.' },
        called('one', 'look', '{"n":1}'),
        called('two', 'look', 'no JSON'),
        answered('two', 'Second'),
        answered('one', 'First'),
        called('one', 'look', '{}'),
        answered('one', 'Again'),
        {
          ...{ type: 'mcp_call', id: 'mcp_1', server_label: 'far', name: 'far__find' },
          ...{ arguments: '{}', output: 'Found' },
        },
        {
          ...{ type: 'mcp_call', id: 'mcp_2', server_label: 'far', name: 'far__find' },
          ...{ arguments: '{}', error: gone },
        },
        { role: 'assistant', content: 'Seen.' },
        { role: 'user', content: 'So?' },
      ]
      const asking = client.responses.create({ model: 'default', input, tools: [weather] })
      const asked = await app.model.nextCall()
      const told = asked.step.messages.flatMap((one) =>
        one.role === 'assistant' ? one.calls.map(({ id, name }) => [id, name]) : [],
      )
      expect(told).toEqual([
        ['one', 'look'],
        ['two', 'look'],
        ['one', 'look'],
        ['mcp_1', 'far__find'],
        ['mcp_2', 'far__find'],
      ])
      const outputs = asked.step.messages.flatMap((one) => (one.role === 'tool' ? one.output : []))
      const expected = ['"First"', '"Second"', '"Again"', '"Found"', JSON.stringify(gone)]
      expect(outputs).toEqual(expected)
      expect(asked.step.messages.at(-1)).toMatchObject({ role: 'user', text: 'So?' })
      says(asked, 'So.')
      const { conversation, output_text } = await asking
      expect(output_text).toBe('So.')
      const listed = await client.conversations.items.list(conversation?.id ?? '', { order: 'asc' })
      expect(listed.data.map(({ type }) => type)).toEqual([
        ...['message', 'message', 'function_call', 'function_call_output'],
        ...['function_call', 'function_call_output', 'function_call', 'function_call_output'],
        ...['mcp_call', 'mcp_call', 'message', 'message', 'message'],
      ])
    })

    test('whatever calls a history has, a strict provider takes it with all of them and their outputs', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const text = fc.constantFrom('a', 'Some words.', ' ', '😀')
      const rounds = fc.array(
        fc.record({
          said: fc.option(text),
          names: fc.array(fc.constantFrom('look', 'get_weather', 'odd name!'), { maxLength: 3 }),
          args: fc.constantFrom('{}', '{"a":1}', 'none', ''),
          output: fc.constantFrom('x', '', '{"b":2}', '[1]'),
        }),
        { maxLength: 4 },
      )
      const turns = fc.array(fc.record({ said: text, rounds }), { minLength: 1, maxLength: 3 })
      await fc.assert(
        fc.asyncProperty(turns, fc.boolean(), async (given, isChat) => {
          let count = 0
          const chat: ChatMessage[] = []
          const items: Item[] = []
          const posted: [string, string, string][] = []
          for (const turn of given) {
            chat.push({ role: 'user', content: turn.said })
            items.push({ role: 'user', content: turn.said })
            for (const { said, names, args, output } of turn.rounds) {
              const calls = names.map((name) => ({ id: `c${(count += 1)}`, name }))
              if (said !== null) items.push({ role: 'assistant', content: said })
              if (said !== null || calls.length > 0) {
                const tool_calls = calls.map(({ id, name }) => ({
                  ...{ id, type: 'function' as const, function: { name, arguments: args } },
                }))
                chat.push({
                  ...{ role: 'assistant', content: said },
                  ...(calls.length > 0 && { tool_calls }),
                })
              }
              for (const { id, name } of calls) {
                items.push(called(id, name, args))
                posted.push([id, name, output])
              }
              for (const { id } of calls.toReversed()) {
                chat.push({ role: 'tool', tool_call_id: id, content: output })
                items.push(answered(id, output))
              }
            }
          }
          chat.push({ role: 'user', content: 'Last' })
          items.push({ role: 'user', content: 'Last' })
          const tools = [weather]
          const asking = isChat
            ? client.chat.completions.create({ model: 'default', messages: chat })
            : client.responses.create({ model: 'default', input: items, tools })
          const asked = await app.model.nextCall()
          expect(toldCalls(asked)).toEqual(posted)
          says(asked, 'Good.')
          await asking
        }),
        { numRuns: 12 },
      )
    })

    test('many Chat requests at once are all answered, with histories of any length', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const before = (count: number): ChatMessage[] =>
        Array.from({ length: count }, (_, at) => ({
          ...{ role: at % 2 === 0 ? 'user' : 'assistant', content: `Text ${at}` },
        }))
      const lengths = [...Array.from({ length: 10 }, () => 0), 2, 4, 300]
      const asking = lengths.map((length) =>
        client.chat.completions.create({
          model: 'default',
          messages: [...before(length), { role: 'user', content: 'Well?' }],
        }),
      )
      const told: number[] = []
      for (const _ of lengths) {
        const asked = await app.model.nextCall()
        told.push(asked.step.messages.length - 1)
        says(asked, 'Good.')
      }
      expect(told.toSorted((one, other) => one - other)).toEqual(lengths)
      for (const { choices } of await Promise.all(asking)) {
        expect(choices[0]?.message.content).toBe('Good.')
      }
    })

    test('a history is refused, and leaves nothing, when a call has no output or an output no call', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const ask = (...input: Item[]) => client.responses.create({ model: 'default', input })
      const user: Item = { role: 'user', content: 'Look' }
      await expect(ask(user, called('a', 'look', '{}'), user)).rejects.toMatchObject({
        ...{ status: 400, param: 'input', message: expect.stringContaining('call a') },
      })
      await expect(ask(user, answered('b', 'Seen'), user)).rejects.toMatchObject({
        ...{ status: 400, param: 'input[1]', message: expect.stringContaining('call_id b') },
      })
      const chat = client.chat.completions.create({
        model: 'default',
        messages: [
          { role: 'user', content: 'Look' },
          { role: 'tool', tool_call_id: 'c', content: 'Seen' },
          { role: 'user', content: 'Well?' },
        ],
      })
      await expect(chat).rejects.toMatchObject({ status: 400, param: 'messages[1]' })
      for (const archived of [false, true]) {
        expect((await app.caller.sessions.list({ archived })).items).toHaveLength(archived ? 0 : 1)
      }
    })

    test('outputs that come with something more that the user says reach the model in one request', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const asking = client.responses.create({ model: 'default', input: 'Look', tools: [weather] })
      ;(await app.model.nextCall()).callTools({ name: 'get_weather', arguments: {} })
      const first = await asking
      const [call] = first.output.flatMap((item) => (item.type === 'function_call' ? [item] : []))
      const more: Item = { role: 'user', content: 'In Kiel, I mean.' }
      const going = client.responses.create({
        ...{ model: 'default', previous_response_id: first.id },
        input: [answered(call?.call_id ?? '', 'Rain'), more],
      })
      const next = await app.model.nextCall()
      expect(next.step.messages).toMatchObject([
        { role: 'user', text: 'Look' },
        { role: 'assistant', calls: [{ name: 'get_weather' }] },
        { role: 'tool', output: '"Rain"' },
        { role: 'user', text: 'In Kiel, I mean.' },
      ])
      says(next, 'It rains in Kiel.')
      expect(await going).toMatchObject({
        ...{ id: `${first.id}_1`, output_text: 'It rains in Kiel.' },
      })
      const wrong = client.responses.create({
        ...{ model: 'default', previous_response_id: first.id },
        input: [answered(call?.call_id ?? '', 'Sun'), more],
      })
      await expect(wrong).rejects.toMatchObject({ status: 409 })
    })
  })
})
