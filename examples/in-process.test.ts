import { startTestServer } from 'throughline/testing'
import { expect, test, vi } from 'vitest'

test('an answer is stored with the call it made, without any network', async () => {
  await using server = await startTestServer()
  const { caller, model } = server
  const { id: sessionId } = await caller.sessions.create({ title: 'Profile' })
  await caller.messages.send({ sessionId, text: 'Who am I?' })

  const first = await model.nextCall()
  expect(first.step.messages).toEqual([{ role: 'user', text: 'Who am I?' }])
  first.callTools({ name: 'fetch_user_profile', arguments: {} })
  const second = await model.nextCall()
  second.say('You are ', 'the owner.')
  second.finish()

  await vi.waitUntil(async () => !(await caller.sessions.get({ id: sessionId })).running)
  const { messages } = await caller.messages.list({ sessionId })
  expect(messages.at(-1)).toMatchObject({
    status: 'completed',
    parts: [
      { type: 'tool', call: { name: 'fetch_user_profile', status: 'completed' } },
      { type: 'text', text: 'You are the owner.' },
    ],
  })
})
