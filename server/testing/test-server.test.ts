import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../tools/define.ts'
import { startTestServer } from './test-server.ts'
import type { TestServerOptions } from './test-server.ts'
import { watch } from './clients/watch.ts'

const double = defineTool({
  name: 'double',
  description: 'Doubles a number.',
  input: z.object({ number: z.number() }),
  output: z.object({ number: z.number() }),
  effect: 'read',
  approval: 'never',
  execute: async ({ number }) => ({ number: 2 * number }),
})

/** Sends one message to a test server. Resolves with the answer, and the model's requests for it. */
async function ask(options: TestServerOptions) {
  await using server = await startTestServer(options)
  const { id } = await server.caller.sessions.create({})
  await using reader = watch(server.caller, id)
  await reader.untilEvent('snapshot')
  await server.caller.messages.send({ sessionId: id, text: 'Go on' })
  const { outcome, error } = await reader.untilEvent('end')
  return { outcome, error, parts: reader.state?.messages.at(-1)?.parts, steps: server.model.steps }
}

test('a planned text is the answer', async () => {
  const text = 'Some words,\n\nand more. '
  expect(await ask({ answers: [text] })).toMatchObject({
    outcome: 'completed',
    parts: [{ type: 'text', text }],
  })
})

test('planned calls are carried out, and the next answer is given their outcome', async () => {
  const { parts, steps } = await ask({
    tools: [double],
    answers: [{ text: 'I count.', tools: [{ name: 'double', input: { number: 21 } }] }, '42.'],
  })
  expect(parts).toMatchObject([
    { text: 'I count.' },
    { call: { name: 'double', output: { number: 42 } } },
    { text: '42.' },
  ])
  expect(steps[0]?.tools.map(({ name }) => name)).toContain('double')
  expect(steps[1]?.messages.at(-1)).toMatchObject({ role: 'tool', output: '{"number":42}' })
})

test('a planned error ends the answer after its text', async () => {
  const error = { code: 'budget', message: 'Nothing is left.', retryable: false } as const
  expect(await ask({ answers: [{ text: 'So', error }] })).toMatchObject({
    ...{ outcome: 'failed', error },
    parts: [{ type: 'text', text: 'So' }],
  })
})

test.each([
  ['before the first word', {}, 'provider_timeout'],
  ['in the middle', { text: 'So' }, 'provider_stalled'],
])(
  'a model that stalls %s fails the answer when the time for it is over',
  async (_, begin, code) => {
    const env = { LLM_TIMEOUT: '1', LLM_IDLE_TIMEOUT: '1' }
    const { outcome, error } = await ask({ env, answers: [{ ...begin, stall: true }] })
    expect({ outcome, code: error?.code }).toEqual({ outcome: 'failed', code })
  },
)
