import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { askFirst } from '../../testing/ask-first.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientOf, clientAt, weather } from '../../testing/clients/openai-client.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { restartable } from '../../testing/restartable.ts'

type Event = OpenAI.Responses.ResponseStreamEvent

/** OpenAI's own client, unchanged, against this server. */
onEachStorage((database, openStorage) => {
  describe(`the Responses door, on ${database}`, () => {
    test('streams, and says the same again in numbers that rise by one, also after a restart (P4, P17)', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      let id = ''
      let live: Event[] = []
      {
        await using app = await server.start()
        const client = await clientOf(app)
        const stream = await client.responses.create({
          ...{ model: 'default', input: 'Tell me', stream: true },
          ...{ instructions: 'Be brief.', metadata: { mine: 'yes' } },
        })
        const call = await app.model.nextCall()
        expect(call.step.systemPrompt).toBe('Be brief.')
        const reading = Array.fromAsync(stream)
        for (const word of ['One ', 'two ', 'three.']) call.say(word)
        call.finish()
        live = await reading
        expect(live.map(({ sequence_number: number }) => number)).toEqual(live.map((_, at) => at))
        const last = live.at(-1)
        expect(last).toMatchObject({
          type: 'response.completed',
          response: { status: 'completed', metadata: { mine: 'yes' }, usage: { total_tokens: 15 } },
        })
        id = last && 'response' in last ? last.response.id : ''
        expect((await client.responses.retrieve(id)).output_text).toBe('One two three.')
      }
      await using app = await server.start()
      const client = await clientOf(app)
      for (let after = 0; after < live.length; after += 1) {
        const again = await client.responses.retrieve(id, { stream: true, starting_after: after })
        expect(await Array.fromAsync(again)).toEqual(live.slice(after + 1))
      }
      const again = await client.responses.retrieve(id, { stream: true })
      expect(await Array.fromAsync(again)).toEqual(live)
    })

    test('goes on by its numbers when the server went in the middle, and the step is done again (P6, P17)', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      const seen: Event[] = []
      let id = ''
      {
        await using app = await server.start()
        const client = await clientOf(app)
        const stream = await client.responses.create({
          ...{ model: 'default', input: 'Tell me', stream: true },
        })
        const call = await app.model.nextCall()
        call.say('Half ')
        for await (const event of stream) {
          seen.push(event)
          if (event.type === 'response.created') id = event.response.id
          if (event.type === 'response.output_text.delta') break
        }
      }
      await using app = await server.start()
      const client = await clientOf(app)
      const after = seen.at(-1)?.sequence_number ?? 0
      const rest = await client.responses.retrieve(id, { stream: true, starting_after: after })
      const call = await app.model.nextCall()
      call.say('Whole.')
      call.finish()
      seen.push(...(await Array.fromAsync(rest)))
      expect(seen.map(({ sequence_number: number }) => number)).toEqual(seen.map((_, at) => at))
      const items = seen.filter((event) => event.type === 'response.output_item.done')
      expect(items).toMatchObject([
        { output_index: 0, item: { status: 'incomplete', content: [{ text: 'Half ' }] } },
        { output_index: 1, item: { status: 'completed', content: [{ text: 'Whole.' }] } },
      ])
      const whole = await client.responses.retrieve(id, { stream: true })
      expect(await Array.fromAsync(whole)).toEqual(seen)
      expect((await client.responses.retrieve(id)).output).toMatchObject([{ status: 'completed' }])
    })

    test('keeps nothing token by token of what is not to be stored, a minute after its end', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      await using app = await server.start()
      const client = await clientOf(app)
      const stream = await client.responses.create({
        ...{ model: 'default', input: 'Secret', stream: true, store: false },
      })
      const call = await app.model.nextCall()
      const reading = Array.fromAsync(stream)
      for (let word = 0; word < 20; word += 1) call.say(`word${word} `)
      call.finish()
      const events = await reading
      const id = events[0] && 'response' in events[0] ? events[0].response.id : ''
      const { db } = app.services.database
      const chunks = async () =>
        (await db.selectFrom('events').select('seq').where('type', '=', 'chunk').execute()).length
      const asked = async () => (await db.selectFrom('responses').select('run_id').execute()).length
      // A client whose connection was cut can still read on.
      const again = await client.responses.retrieve(id, { stream: true })
      expect(await Array.fromAsync(again)).toEqual(events)
      expect(await asked()).toBe(1)
      const before = new Date(Date.now() - 120_000).toISOString()
      await db.updateTable('runs').set({ ended_at: before }).execute()
      await expect.poll(chunks).toBe(1)
      expect(await asked()).toBe(0)
      expect((await client.responses.retrieve(id)).output_text).toContain('word0 word1 ')
    })

    test('goes on in the background, is cancelled, and is deleted', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      await using app = await server.start()
      const client = await clientOf(app)
      const made = await client.responses.create({
        model: 'default',
        input: 'Go',
        background: true,
      })
      expect(['queued', 'in_progress']).toContain(made.status)
      const call = await app.model.nextCall()
      call.say('Half ')
      const status = async () => (await client.responses.retrieve(made.id)).output_text
      await expect.poll(status).toBe('Half ')
      expect(await client.responses.cancel(made.id)).toMatchObject({ status: 'cancelled' })
      expect(call.signal.aborted).toBe(true)
      expect(await client.responses.retrieve(made.id)).toMatchObject({ output_text: 'Half ' })
      const items = await client.responses.inputItems.list(made.id)
      expect(items.data).toMatchObject([{ role: 'user', content: [{ text: 'Go' }] }])
      // OpenAI's client for Python asks for JSON here, although there is no body.
      const headers = { 'content-type': 'application/json' }
      const bare = { method: 'POST', headers }
      expect((await fetch(`${client.baseURL}/responses/${made.id}/cancel`, bare)).status).toBe(200)
      await client.responses.delete(made.id)
      await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 })
    })

    test('has functions that the client carries out, and goes on in a conversation', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      await using app = await server.start()
      const client = await clientOf(app)
      const conversation = await client.conversations.create()
      const asked = client.responses.create({
        ...{ model: 'default', input: 'Weather?', tools: [weather] },
        conversation: conversation.id,
      })
      ;(await app.model.nextCall()).callTools(
        { name: 'get_weather', arguments: { place: 'Kiel' } },
        { name: 'get_weather', arguments: { place: 'Bonn' } },
      )
      const first = await asked
      const calls = first.output.filter((item) => item.type === 'function_call')
      expect(calls).toMatchObject([
        { name: 'get_weather', arguments: '{"place":"Kiel"}', status: 'completed' },
        { name: 'get_weather', arguments: '{"place":"Bonn"}' },
      ])
      const outputs = calls.map(({ call_id }) => ({
        ...{ type: 'function_call_output' as const, call_id, output: 'Rain' },
      }))
      const goOn = (input: OpenAI.Responses.ResponseInput) =>
        client.responses.create({ model: 'default', previous_response_id: first.id, input })
      await expect(goOn(outputs.slice(1))).rejects.toMatchObject({ status: 400 })
      await expect(goOn([{ role: 'user', content: 'Well?' }])).rejects.toMatchObject({
        status: 400,
      })
      const answered = goOn(outputs)
      const call = await app.model.nextCall()
      expect(call.step.messages.at(-1)).toMatchObject({ role: 'tool', output: '"Rain"' })
      call.say('It rains.')
      call.finish()
      const second = await answered
      expect(second).toMatchObject({ output_text: 'It rains.', previous_response_id: first.id })
      expect((await goOn(outputs)).id).toBe(second.id)
      expect((await client.responses.retrieve(first.id)).output).toEqual(first.output)
      const third = client.responses.create({
        ...{ model: 'default', previous_response_id: second.id, input: 'Thanks' },
      })
      const next = await app.model.nextCall()
      expect(next.step.messages.filter(({ role }) => role === 'user')).toHaveLength(2)
      next.say('Gladly.')
      next.finish()
      expect((await third).output_text).toBe('Gladly.')
      const listed = await client.conversations.items.list(conversation.id, { order: 'asc' })
      expect(listed.data.map(({ type }) => type)).toEqual([
        ...['message', 'function_call', 'function_call_output', 'function_call'],
        ...['function_call_output', 'message', 'message', 'message'],
      ])
    })

    test('asks for an approval, and takes it', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage, { tools: [askFirst] })
      await using app = await server.start()
      const client = await clientOf(app)
      const asked = client.responses.create({ model: 'default', input: 'Do it' })
      ;(await app.model.nextCall()).callTools({ name: 'ask_first', arguments: {} })
      const first = await asked
      const [request] = first.output
      expect(request).toMatchObject({ type: 'mcp_approval_request', name: 'ask_first' })
      const done = client.responses.create({
        ...{ model: 'default', previous_response_id: first.id },
        input: [
          {
            type: 'mcp_approval_response',
            approval_request_id: request?.id ?? '',
            approve: true,
          },
        ],
      })
      const call = await app.model.nextCall()
      call.say('Done.')
      call.finish()
      expect((await done).output).toMatchObject([
        { type: 'mcp_call', name: 'ask_first', status: 'completed' },
        { type: 'message' },
      ])
    })

    test('is nobody’s but its own, within the limits, in errors of OpenAI’s shape (P10, P15)', async () => {
      await using storage = await openStorage()
      const env = { AUTH_SIGNUP: 'open', LIMIT_SENDS_PER_MINUTE: '2' }
      await using app = await startAccounts(storage, { env })
      const ada = await app.setUp()
      const bob = await app.signUp('bob@example.com')
      const [adas, bobs] = [clientAt(app.url, ada.token), clientAt(app.url, bob.token)]
      const asked = adas.responses.create({ model: 'default', input: 'Mine' })
      const call = await app.model.nextCall()
      call.say('Yes.')
      call.finish()
      const { id, conversation } = await asked
      const conversationId = conversation?.id ?? ''
      const missing = { status: 404, error: { type: 'invalid_request_error' } }
      for (const tried of [
        () => bobs.responses.retrieve(id),
        () => bobs.responses.retrieve(id, { stream: true }),
        () => bobs.responses.cancel(id),
        () => bobs.responses.delete(id),
        () => bobs.responses.inputItems.list(id),
        () => bobs.conversations.retrieve(conversationId),
        () => bobs.conversations.items.list(conversationId),
        () => bobs.conversations.delete(conversationId),
        () => bobs.responses.create({ model: 'm', input: 'Hi', conversation: conversationId }),
      ]) {
        await expect(tried()).rejects.toMatchObject(missing)
      }
      await expect(
        bobs.responses.create({ model: 'm', input: 'Hi', previous_response_id: id }),
      ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
      const nobody = clientAt(app.url, 'tl_none')
      await expect(nobody.models.list()).rejects.toMatchObject({
        status: 401,
        error: { type: 'authentication_error', code: 'invalid_api_key' },
      })
      const reading = await app.ask('/api/key', {
        token: ada.token,
        body: { name: 'k', scope: 'read' },
      })
      const reader = clientAt(app.url, (reading.body as { key: string }).key)
      expect((await reader.responses.retrieve(id)).output_text).toBe('Yes.')
      await expect(reader.responses.delete(id)).rejects.toMatchObject({ status: 403 })
      await expect(reader.responses.cancel(id)).resolves.toMatchObject({ status: 'completed' })
      await adas.responses.create({ model: 'default', input: 'Two', background: true })
      const over = adas.responses.create({ model: 'default', input: 'Three', background: true })
      await expect(over).rejects.toMatchObject({
        status: 429,
        error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
        headers: expect.objectContaining({ get: expect.any(Function) }),
      })
      await expect(
        adas.responses.create({
          model: 'default',
          input: [
            { role: 'user', content: [{ type: 'input_image', image_url: 'x', detail: 'low' }] },
          ],
        }),
      ).rejects.toMatchObject({ status: 400, code: 'invalid_file', param: 'input[0].content[0]' })
    })
  })
})
