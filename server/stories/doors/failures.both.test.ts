import OpenAI from 'openai'
import { describe, expect, test, vi } from 'vitest'
import type { TestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** One streamed request for each protocol, and the form in which the protocol reports a failure. */
const doors = [
  {
    path: '/v1/responses',
    body: { model: 'default', input: 'Tell me', stream: true },
    error: {
      ...{ type: 'error', code: 'not_found', message: 'There is no such session.', param: null },
      error: { type: 'invalid_request_error', code: 'not_found' },
    },
  },
  {
    path: '/v1/chat/completions',
    body: {
      ...{ model: 'default', stream: true },
      messages: [{ role: 'user', content: 'Tell me' }],
    },
    error: { error: { code: 'not_found', message: 'There is no such session.' } },
  },
  {
    path: '/api/chat',
    body: {
      id: 'gone',
      messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'Tell me' }] }],
    },
    error: { type: 'error', errorText: 'There is no such session.' },
  },
]

onEachStorage((database, openStorage) => {
  describe(`a stream of a door that cannot go on, on ${database}`, () => {
    test('ends with the error of its protocol when its session is deleted', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const url = await app.listen()
      for (const { path, body, error } of doors) {
        const answer = await fetch(`${url}${path}`, {
          ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
          body: JSON.stringify(body),
        })
        const call = await app.model.nextCall()
        call.say('Half ')
        await deleteAll(app)
        const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('data: '))
        expect(lines.at(-1), path).toBe('data: [DONE]')
        expect(JSON.parse(lines.at(-2)?.slice('data: '.length) ?? ''), path).toMatchObject(error)
      }
    })

    test('is an error to who waits for the whole answer, too', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = new OpenAI({
        ...{ baseURL: `${await app.listen()}/v1`, apiKey: 'any', maxRetries: 0 },
      })
      const asked = client.responses.create({ model: 'default', input: 'Tell me' }).then(
        () => null,
        (error: unknown) => error,
      )
      await app.model.nextCall()
      await deleteAll(app)
      expect(await asked).toMatchObject({ status: 404, code: 'not_found' })
    })

    test('ends when its question is taken back before the answer began (P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      const baseURL = `${await app.listen()}/v1`
      const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 })
      await app.caller.messages.send({ sessionId, text: 'First' })
      await app.model.nextCall()
      const conversation = `conv_${sessionId.replaceAll('-', '')}`
      const ask = { model: 'default', input: 'Then', conversation }
      const streamed = await client.responses.create({ ...ask, stream: true })
      const whole = client.responses.create(ask)
      const begun = await client.responses.create({ ...ask, background: true })
      const followed = await client.responses.retrieve(begun.id, { stream: true })
      const body = {
        id: sessionId,
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'Then' }] }],
      }
      const chat = await fetch(new URL('/api/chat', baseURL), {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify(body),
      })
      await vi.waitFor(async () => {
        const { messages } = await app.caller.messages.list({ sessionId })
        expect(messages.filter(({ status }) => status === 'queued')).toHaveLength(4)
      }, LONG)
      // The other questions wait still, so their readers go on.
      await client.responses.cancel(begun.id)
      expect((await Array.fromAsync(followed)).at(-1)).toMatchObject({
        ...{ type: 'response.incomplete', response: { status: 'cancelled', output: [] } },
      })
      await app.caller.runs.stop({ sessionId, clearQueue: true })
      expect((await Array.fromAsync(streamed)).at(-1)).toMatchObject({
        ...{ type: 'response.incomplete', response: { status: 'cancelled', output: [] } },
      })
      expect(await whole).toMatchObject({ status: 'cancelled', output: [] })
      expect(await chat.text()).toContain('{"type":"abort","reason":"stopped"}')
    })
  })
})

const LONG = { timeout: 20_000 }

async function deleteAll(app: TestApp): Promise<void> {
  const found = await app.services.database.db.selectFrom('sessions').select('id').execute()
  for (const { id } of found) await app.caller.sessions.delete({ id })
}
