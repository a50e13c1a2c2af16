import { describe, expect, test } from 'vitest'
import type { ModelMessage } from '../port.ts'
import { collect, stepOf } from '../testing/collect.ts'
import { refusal, scriptedPort, word } from '../testing/scripted-port.ts'
import { chatAnswer, chatChunk, sse } from '../testing/scripted-provider.ts'

describe('tries again before the first delta, never after', () => {
  for (const status of [408, 409, 429, 500, 503]) {
    test(`${status} twice, then an answer`, async () => {
      const failure = refusal(status, { message: 'later' }, { 'retry-after-ms': '5' })
      await using scripted = await scriptedPort([failure, failure, { body: [chatAnswer('Hello')] }])
      const { provider, port } = scripted
      const step = await collect(port, stepOf('hi'))
      expect(step.text).toBe('Hello')
      expect(step.deltas.filter(({ type }) => type === 'start')).toHaveLength(1)
      expect(provider.requests).toHaveLength(3)
    })
  }

  test('a connection dropped before the first delta is asked for anew', async () => {
    await using scripted = await scriptedPort([
      { body: [sse(chatChunk({ role: 'assistant' })), { delay: 20 }], ending: 'cut' },
      { body: [chatAnswer('Hello')] },
    ])
    const { provider, port } = scripted
    const step = await collect(port, stepOf('hi'))
    expect(step.text).toBe('Hello')
    expect(step.deltas.filter(({ type }) => type === 'start')).toHaveLength(1)
    expect(provider.requests).toHaveLength(2)
  })

  test('Retry-After is waited for', async () => {
    await using scripted = await scriptedPort([
      refusal(429, { message: 'later' }, { 'retry-after': '0.3' }),
      { body: [chatAnswer('Hello')] },
    ])
    const { port } = scripted
    const began = performance.now()
    expect((await collect(port, stepOf('hi'))).text).toBe('Hello')
    expect(performance.now() - began).toBeGreaterThan(290)
  })
})

describe('abort', () => {
  test('reaches the provider in the middle of an answer, and nothing follows', async () => {
    await using scripted = await scriptedPort([{ body: [word], ending: 'hold' }])
    const { provider, port } = scripted
    const controller = new AbortController()
    const types: string[] = []
    for await (const delta of port.stream(stepOf('hi'), controller.signal)) {
      types.push(delta.type)
      if (delta.type === 'text') controller.abort()
    }
    await provider.requests[0]?.over
    expect(provider.requests[0]?.aborted).toBe(true)
    expect(types).toEqual(['start', 'text'])
  })

  test('reaches the provider while nobody pulls', async () => {
    await using scripted = await scriptedPort([{ body: [word], ending: 'hold' }])
    const { provider, port } = scripted
    const controller = new AbortController()
    const deltas = port.stream(stepOf('hi'), controller.signal)[Symbol.asyncIterator]()
    await deltas.next()
    controller.abort()
    await provider.requests[0]?.over
    expect(provider.requests[0]?.aborted).toBe(true)
    await deltas.return?.()
  })

  test('ends a wait for headers, and a wait before a retry', async () => {
    for (const reply of [{ answers: false }, refusal(429, {}, { 'retry-after': '15' })]) {
      await using scripted = await scriptedPort([reply])
      const { provider, port } = scripted
      const controller = new AbortController()
      const step = collect(port, stepOf('hi'), controller.signal)
      await expect.poll(() => provider.requests.length).toBe(1)
      controller.abort()
      // The `retry` of a wait may have come before.
      expect((await step).deltas.filter(({ type }) => type !== 'retry')).toEqual([])
    }
  })

  test('a reader that leaves ends the request', async () => {
    await using scripted = await scriptedPort([{ body: [word], ending: 'hold' }])
    const { provider, port } = scripted
    for await (const delta of port.stream(stepOf('hi'), new AbortController().signal)) {
      if (delta.type === 'text') break
    }
    await provider.requests[0]?.over
    expect(provider.requests[0]?.aborted).toBe(true)
  })
})

test('a slow reader is no stalled provider', async () => {
  await using scripted = await scriptedPort([{ body: [chatAnswer('a', 'b', 'c')] }], {
    idleTimeoutSeconds: 0.05,
  })
  const { port } = scripted
  let text = ''
  for await (const delta of port.stream(stepOf('hi'), new AbortController().signal)) {
    if (delta.type === 'text') text += delta.text
    await new Promise((resolve) => setTimeout(resolve, 80))
  }
  expect(text).toBe('abc')
})

test('a provider that ended its answer but keeps the connection open has answered', async () => {
  const body = [sse(chatChunk({ content: 'Hello' }), chatChunk({}, 'stop'))]
  await using scripted = await scriptedPort([{ body, ending: 'hold' }], { idleTimeoutSeconds: 0.1 })
  const { port } = scripted
  const step = await collect(port, stepOf('hi'))
  expect(step.ending).toEqual({ type: 'finish', finish: 'stop' })
})

test('without a key no credentials are sent, with one they are', async () => {
  for (const apiKey of [undefined, 'sk-secret-key-123456']) {
    await using scripted = await scriptedPort([{ body: [chatAnswer('x')] }], { apiKey })
    const { provider, port } = scripted
    await collect(port, stepOf('hi'))
    expect(provider.requests[0]?.headers.authorization).toBe(apiKey && `Bearer ${apiKey}`)
  }
})

describe('what an endpoint refuses is left out, once and from then on', () => {
  test('max_tokens becomes max_completion_tokens; temperature goes', async () => {
    await using scripted = await scriptedPort([
      refusal(400, {
        message:
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        param: 'max_tokens',
      }),
      refusal(400, {
        message: "Unsupported value: 'temperature' does not support 0.5",
        param: 'temperature',
      }),
      { body: [chatAnswer('Hello')] },
    ])
    const { provider, port } = scripted
    expect((await collect(port, stepOf('hi'))).text).toBe('Hello')
    expect(provider.requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 500 })
    expect(provider.requests.at(-1)?.body).not.toHaveProperty('temperature')
    expect(provider.requests.at(-1)?.body).not.toHaveProperty('max_tokens')
    await collect(port, stepOf('again'))
    expect(provider.requests).toHaveLength(4)
  })

  test('stream_options and short call ids', async () => {
    await using scripted = await scriptedPort([
      refusal(422, {
        message: '[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]',
      }),
      refusal(400, {
        message: 'Tool call id was call_abcdef but must be a-z, A-Z, 0-9, with a length of 9.',
      }),
      { body: [chatAnswer('Hello')] },
    ])
    const { provider, port } = scripted
    const messages: ModelMessage[] = [
      { role: 'user', text: 'hi' },
      {
        role: 'assistant',
        text: '',
        calls: [{ id: 'call_abcdef', name: 'f', arguments: '{}' }],
        providerState: null,
      },
      { role: 'tool', callId: 'call_abcdef', output: 'ok', failed: false },
    ]
    expect((await collect(port, stepOf('', { messages }))).text).toBe('Hello')
    const body = JSON.stringify(provider.requests.at(-1)?.body)
    expect(body).not.toContain('stream_options')
    const ids = [...body.matchAll(/"(?:tool_call_id|id)":"([A-Za-z0-9]{9})"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(1)
    expect(ids).toHaveLength(2)
  })

  test('the same refusal twice is an error, not a loop', async () => {
    await using scripted = await scriptedPort([
      refusal(400, { message: 'temperature!', param: 'temperature' }),
    ])
    const { provider, port } = scripted
    expect((await collect(port, stepOf('hi'))).ending).toMatchObject({
      error: { code: 'bad_request' },
    })
    expect(provider.requests).toHaveLength(2)
  })
})

describe('the list of models', () => {
  test('has ids, and context windows where they are told', async () => {
    const data = [{ id: 'a', context_length: 1000 }, { id: 'b', max_model_len: 2000 }, { id: 'c' }]
    await using scripted = await scriptedPort([
      { headers: { 'content-type': 'application/json' }, body: [JSON.stringify({ data })] },
    ])
    const { port } = scripted
    expect(await port.list()).toEqual([
      { id: 'a', contextWindow: 1000 },
      { id: 'b', contextWindow: 2000 },
      { id: 'c' },
    ])
  })

  test('has each model once, and only what a session may name', async () => {
    const data = [
      { id: 'a' },
      { id: 'b', context_length: -5 },
      { id: 'a', context_length: 10 },
      { id: 'x'.repeat(201) },
      { id: 'n\0ul' },
      { id: 7 },
      null,
    ]
    await using scripted = await scriptedPort([
      { headers: { 'content-type': 'application/json' }, body: [JSON.stringify({ data })] },
    ])
    expect(await scripted.port.list()).toEqual([{ id: 'a' }, { id: 'b' }])
  })

  test('throws an error for people when it cannot be had', async () => {
    await using scripted = await scriptedPort([refusal(401, { message: 'no' })])
    const { port } = scripted
    await expect(port.list()).rejects.toMatchObject({ error: { code: 'provider_auth' } })
  })
})

test('an answer may take longer than the time between two tokens', async () => {
  const body = [word, { delay: 350 }, word, { delay: 350 }, word, { delay: 350 }, chatAnswer('!')]
  await using scripted = await scriptedPort([{ body }], { idleTimeoutSeconds: 1 })
  const step = await collect(scripted.port, stepOf('hi'))
  expect(step.text).toBe('HelloHelloHello!')
})

test('[DONE] is seen also when the network cuts it in two', async () => {
  const body = [word, 'data: [DO', { delay: 20 }, 'NE]\n\n']
  await using scripted = await scriptedPort([{ body }])
  const step = await collect(scripted.port, stepOf('hi'))
  expect(step.ending).toEqual({ type: 'finish', finish: 'stop' })
})

test('what an error cuts in the middle of a character is whole before the error', async () => {
  const half = sse(chatChunk({ content: 'x\ud83d' }))
  for (const rest of [sse({ error: { message: 'no' } }), '', 'data: {oops\n\n']) {
    await using scripted = await scriptedPort([{ body: [half, rest] }])
    const step = await collect(scripted.port, stepOf('hi'))
    expect(step.text).toBe('x\ufffd')
    expect(step.ending?.type).toBe('error')
  }
})
