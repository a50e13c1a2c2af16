import { expect, test } from 'vitest'
import { z } from 'zod'
import { temporaryFolder } from '../../../scripts/testing/server-process.ts'
import { startTestApp } from '../../testing/app.ts'
import { watch } from '../../testing/clients/watch.ts'
import { defineTool } from '../../tools/define.ts'

const declared = {
  name: 'weather',
  description: 'Tells the weather.',
  effect: 'read',
  approval: 'never',
} as const

const weather = defineTool({
  ...declared,
  input: z.object({ place: z.string() }),
  output: z.object({ degrees: z.number() }),
  execute: async () => ({ degrees: 21 }),
})

const weatherOfToday = defineTool({
  ...declared,
  input: z.object({ latitude: z.number(), longitude: z.number() }),
  output: z.object({ celsius: z.number() }),
  execute: async () => ({ celsius: 21 }),
})

test.each([
  ['has other schemas', [weatherOfToday]],
  ['is no more', []],
])('a conversation is read, exported and continued when its tool %s', async (_, tools) => {
  await using folder = await temporaryFolder()
  const env = { DATA_DIR: folder.path }
  const sessionId = await haveConversation(env)

  await using app = await startTestApp({ env, tools })
  const call = { input: { place: 'Oslo' }, output: { degrees: 21 }, untyped: true }
  await using reader = watch(app.caller, sessionId)
  await reader.untilEvent('snapshot')
  expect(reader.state?.messages[1]?.parts[0]).toMatchObject({ call })
  const { messages } = await app.caller.messages.list({ sessionId })
  expect(messages).toEqual(reader.state?.messages)
  const { events } = await app.caller.sessions.log({ id: sessionId })
  expect(events.find(({ event }) => event.type === 'tool')?.event).toMatchObject({
    call: { untyped: true },
  })
  const { content } = await app.caller.sessions.export({ id: sessionId, format: 'markdown' })
  expect(content).toContain('Oslo')

  await app.caller.messages.send({ sessionId, text: 'And tomorrow?' })
  const asked = await app.model.nextCall()
  expect(asked.step.messages).toContainEqual(
    expect.objectContaining({ role: 'tool', output: '{"degrees":21}' }),
  )
  asked.say('The same.')
  asked.finish()
  await reader.untilEvent('end')
})

async function haveConversation(env: Record<string, string>): Promise<string> {
  await using app = await startTestApp({ env, tools: [weather] })
  const { id } = await app.caller.sessions.create({})
  await using reader = watch(app.caller, id)
  await reader.untilEvent('snapshot')
  await app.caller.messages.send({ sessionId: id, text: 'The weather in Oslo?' })
  const asked = await app.model.nextCall()
  asked.callTools({ name: 'weather', arguments: { place: 'Oslo' } })
  const told = await app.model.nextCall()
  told.say('It is warm.')
  told.finish()
  await reader.untilEvent('end')
  return id
}
