import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createModelPort } from './create.ts'
import { collect, stepOf } from './testing/collect.ts'

/** An independent implementation of both APIs, so that these tests check more than our own reading of them. */
const mock = new LLMock({ port: 0 })
beforeAll(async () => {
  mock.onMessage('hello', { content: 'Hi there, how are you?' })
  mock.on({ userMessage: 'weather', hasToolResult: true }, { content: 'It is sunny in both.' })
  mock.onMessage('weather', {
    toolCalls: [
      { name: 'get_weather', arguments: '{"city":"Graz"}' },
      { name: 'get_weather', arguments: '{"city":"Linz"}' },
    ],
  })
  mock.onMessage('broken', {
    error: { message: 'Nothing works', type: 'server_error' },
    status: 500,
  })
  await mock.start()
})
afterAll(() => mock.stop())

const tools = [
  {
    name: 'get_weather',
    description: 'Weather',
    inputSchema: { type: 'object', properties: { city: { type: 'string' } } },
  },
]

describe.each(['chat', 'responses'] as const)('aimock through %s', (api) => {
  const port = () =>
    createModelPort({
      apiKey: 'mock',
      baseUrl: `${mock.url}/v1`,
      api,
      timeoutSeconds: 5,
      idleTimeoutSeconds: 5,
      random: () => 0,
    })

  test('text', async () => {
    const step = await collect(port(), stepOf('hello'))
    expect(step.text).toBe('Hi there, how are you?')
    expect(step.ending).toEqual({ type: 'finish', finish: 'stop' })
  })

  test('parallel tool calls and the answer after them', async () => {
    const first = await collect(port(), stepOf('weather', { tools }))
    expect(first.ending).toEqual({ type: 'finish', finish: 'tool-calls' })
    expect(first.calls.map((call) => JSON.parse(call.arguments))).toEqual([
      { city: 'Graz' },
      { city: 'Linz' },
    ])
    const second = await collect(
      port(),
      stepOf('', {
        tools,
        messages: [
          { role: 'user', text: 'weather' },
          { role: 'assistant', text: '', calls: first.calls, providerState: null },
          ...first.calls.map(({ id }) => ({
            role: 'tool' as const,
            callId: id,
            output: 'sunny',
            failed: false,
          })),
        ],
      }),
    )
    expect(second.text).toBe('It is sunny in both.')
  })

  test('an error', async () => {
    const step = await collect(port(), stepOf('broken'))
    expect(step.ending).toMatchObject({
      type: 'error',
      error: { code: 'provider_error', message: expect.stringContaining('Nothing works') },
    })
  })
})
