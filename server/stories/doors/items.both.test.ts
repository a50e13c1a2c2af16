import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientAt, clientOf, weather } from '../../testing/clients/openai-client.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'

type Item = OpenAI.Responses.ResponseInputItem

const user = (content: string): Item => ({ role: 'user', content })
const assistant = (content: string): Item => ({ role: 'assistant', content })

/** OpenAI's own client adds items to a conversation, and counts tokens, without an answer. */
onEachStorage((database, openStorage) => {
  describe(`items and counts at OpenAI’s door, on ${database}`, () => {
    test('items are added behind what was said, for every reader, and the next response follows on them', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const begun = [user('First'), assistant('Begun.')]
      const { id } = await client.conversations.create({ items: begun })
      const [session] = (await app.caller.sessions.list({})).items
      const sessionId = session?.id ?? ''
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
      const added = await client.conversations.items.create(id, {
        items: [
          user('Second'),
          { type: 'function_call', call_id: 'a', name: 'look', arguments: '{"n":1}' },
          { type: 'function_call_output', call_id: 'a', output: 'Seen' },
          assistant('It is there.'),
          user('Third'),
        ],
      })
      expect(added).toMatchObject({
        object: 'list',
        has_more: false,
        data: [
          { type: 'message', role: 'user', content: [{ text: 'Second' }] },
          { type: 'function_call', name: 'look' },
          { type: 'function_call_output', output: 'Seen' },
          { type: 'message', role: 'assistant', content: [{ text: 'It is there.' }] },
          { type: 'message', role: 'user', content: [{ text: 'Third' }] },
        ],
      })
      // The answer to what was added before.
      await client.conversations.items.create(id, {
        items: [
          { type: 'function_call', call_id: 'b', name: 'look', arguments: '{}' },
          { type: 'function_call_output', call_id: 'b', output: 'Again' },
        ],
      })
      await live.until(() => live.state?.messages.length === 6)
      const read = await app.caller.sessions.read({ id: sessionId })
      expect(live.state?.messages).toEqual(read.messages)
      expect(textOf(live.state, read.messages[3]?.id ?? '')).toBe('It is there.')

      const asking = client.responses.create({ model: 'default', input: 'So?', conversation: id })
      const asked = await app.model.nextCall()
      expect(asked.step.messages).toMatchObject([
        { role: 'user', text: 'First' },
        { role: 'assistant', text: 'Begun.' },
        { role: 'user', text: 'Second' },
        { role: 'assistant', calls: [{ id: 'a', name: 'look', arguments: '{"n":1}' }] },
        { role: 'tool', callId: 'a', output: '"Seen"' },
        { role: 'assistant', text: 'It is there.' },
        { role: 'user', text: 'Third' },
        { role: 'assistant', calls: [{ id: 'b' }] },
        { role: 'tool', callId: 'b', output: '"Again"' },
        { role: 'user', text: 'So?' },
      ])
      asked.say('Half ')
      const refused = client.conversations.items.create(id, { items: [user('Now')] })
      await expect(refused).rejects.toMatchObject({
        status: 409,
        error: { type: 'conflict_error' },
      })
      asked.finish()
      expect((await asking).output_text).toBe('Half ')
      await client.conversations.items.create(id, { items: [user('Later')] })
      expect((await client.conversations.items.list(id)).data[0]).toMatchObject({
        content: [{ text: 'Later' }],
      })
    })

    test('items that cannot be added are refused in OpenAI’s shape, and change nothing', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const { id } = await client.conversations.create({ items: [user('A'), assistant('B')] })
      const add = (...items: Item[]) => client.conversations.items.create(id, { items })
      const call: Item = { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' }
      const output: Item = { type: 'function_call_output', call_id: 'a', output: 'Seen' }
      await expect(add()).rejects.toMatchObject({ status: 400, param: 'items' })
      await expect(add(...Array.from({ length: 21 }, () => user('x')))).rejects.toMatchObject({
        ...{ status: 400, param: 'items' },
      })
      await expect(add(call)).rejects.toMatchObject({ status: 400, param: 'items' })
      await expect(add(output)).rejects.toMatchObject({ status: 400, param: 'items[0]' })
      // An answer with calls needs a question.
      await expect(add(call, output)).rejects.toMatchObject({ status: 400 })
      await expect(add({ role: 'system', content: 'Be brief.' })).rejects.toMatchObject({
        ...{ status: 400, param: 'items' },
      })
      const { data } = await client.conversations.items.list(id)
      expect(data).toHaveLength(2)
      const removing = client.conversations.items.delete(data[0]?.id ?? '', { conversation_id: id })
      await expect(removing).rejects.toMatchObject({ code: 'unsupported_operation' })
      const compacting = client.responses.compact({ model: 'default', input: 'A' })
      await expect(compacting).rejects.toMatchObject({
        ...{ status: 400, code: 'unsupported_operation' },
      })
      expect((await client.conversations.items.list(id)).data).toEqual(data)
    })

    test('tokens of an input are counted as they would be sent, stored or posted, and nothing is asked', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const count = async (body: OpenAI.Responses.InputTokenCountParams) => {
        const { input_tokens: tokens, object } = await client.responses.inputTokens.count(body)
        expect(object).toBe('response.input_tokens')
        return tokens
      }
      const long = 'A sentence about the tide and the harbour. '.repeat(40)
      const nothing = await count({})
      expect(nothing).toBeGreaterThan(0)
      const short = await count({ input: 'Hello' })
      expect(short).toBeGreaterThan(nothing)
      const history = [user(long), assistant(long), user('Hello')]
      const posted = await count({ input: history })
      expect(posted).toBeGreaterThan(short + 600)
      const { id } = await client.conversations.create({ items: history.slice(0, 2) })
      expect(await count({ conversation: id, input: 'Hello' })).toBe(posted)
      expect(await count({ input: 'Hello', instructions: long })).toBeGreaterThan(short + 300)
      expect(await count({ input: 'Hello', tools: [weather] })).toBeGreaterThan(short + 20)
      expect(await count({ input: 'Hello', tool_choice: 'none' })).toBeLessThan(short)
      const image_url = 'data:image/png;base64,iVBORw0KGgo='
      const picture: Item = {
        ...{ role: 'user', content: [{ type: 'input_image', image_url, detail: 'auto' }] },
      }
      expect(await count({ input: [picture, user('Hello')] })).toBeGreaterThan(short + 1_000)
      const audio = `data:audio/wav;base64,${btoa('RIFF')}`
      const file: Item = {
        ...{ role: 'user', content: [{ type: 'input_file', filename: 'a', file_data: audio }] },
      }
      await expect(count({ input: [file] })).rejects.toMatchObject({
        ...{ status: 400, code: 'unsupported_content', param: 'input[0].content[0]' },
      })
      expect(app.model.asked).toBe(0)
      const asking = client.responses.create({ model: 'default', conversation: id, input: 'Hello' })
      const asked = await app.model.nextCall()
      asked.say('Hi.')
      asked.finish()
      const { id: previous_response_id } = await asking
      expect(await count({ previous_response_id })).toBeGreaterThanOrEqual(posted)
      await expect(count({ previous_response_id: 'resp_none' })).rejects.toMatchObject({
        code: 'previous_response_not_found',
      })
    })

    test('nobody adds to, or counts, what is somebody else’s (P10)', async () => {
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
      const ada = await app.setUp()
      const bob = await app.signUp('bob@example.com')
      const [adas, bobs] = [clientAt(app.url, ada.token), clientAt(app.url, bob.token)]
      const { id } = await adas.conversations.create({ items: [user('Mine'), assistant('Yes.')] })
      const add = bobs.conversations.items.create(id, { items: [user('Let me in')] })
      await expect(add).rejects.toMatchObject({ status: 404 })
      const count = bobs.responses.inputTokens.count({ conversation: id, input: 'x' })
      await expect(count).rejects.toMatchObject({ status: 404 })
      expect((await adas.conversations.items.list(id)).data).toHaveLength(2)
    })
  })
})
