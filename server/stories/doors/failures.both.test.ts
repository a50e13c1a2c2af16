import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
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
  })
})

async function deleteAll(app: TestApp): Promise<void> {
  const found = await app.services.database.db.selectFrom('sessions').select('id').execute()
  for (const { id } of found) await app.caller.sessions.delete({ id })
}
