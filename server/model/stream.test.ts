import { afterEach, describe, expect, test } from 'vitest'
import { createModelPort, type ModelPortOptions } from './create.ts'
import type { ModelMessage, ModelPort } from './port.ts'
import { collect, stepOf } from './testing/collect.ts'
import {
  chatAnswer,
  chatChunk,
  DONE,
  sse,
  startScriptedProvider,
  type ScriptedProvider,
  type ScriptedReply,
} from './testing/scripted-provider.ts'

const open: ScriptedProvider[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((provider) => provider.close()))
})

async function scripted(
  script: ScriptedReply[],
  options: Partial<ModelPortOptions> = {},
): Promise<{ provider: ScriptedProvider; port: ModelPort }> {
  const provider = await startScriptedProvider(script)
  open.push(provider)
  const port = createModelPort({
    apiKey: 'sk-secret-key-123456',
    baseUrl: provider.baseUrl,
    api: 'chat',
    timeoutSeconds: 5,
    idleTimeoutSeconds: 5,
    random: () => 0,
    ...options,
  })
  return { provider, port }
}

const refusal = (status: number, error: unknown, headers: Record<string, string> = {}): ScriptedReply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: [JSON.stringify({ error })],
})

const word = sse(chatChunk({ content: 'Hello' }))

describe('every failure has its code and an ending', () => {
  const cases: {
    name: string
    script: ScriptedReply[]
    code: string
    says: RegExp
    requests?: number
    text?: string
    options?: Partial<ModelPortOptions>
  }[] = [
    { name: 'no first token', script: [{ ending: 'hold' }], code: 'provider_timeout', says: /0\.1 s.*LLM_TIMEOUT/, options: { timeoutSeconds: 0.1 } },
    { name: 'not even headers', script: [{ answers: false }], code: 'provider_timeout', says: /LLM_TIMEOUT/, options: { timeoutSeconds: 0.1 } },
    { name: 'a role and then silence', script: [{ body: [sse(chatChunk({ role: 'assistant', content: '' }))], ending: 'hold' }], code: 'provider_timeout', says: /first word/, options: { timeoutSeconds: 0.1 } },
    { name: 'only comments', script: [{ body: Array.from({ length: 30 }, () => [': alive\n\n', { delay: 10 }]).flat(), ending: 'hold' }], code: 'provider_timeout', says: /first word/, options: { timeoutSeconds: 0.1 } },
    { name: 'silence in the middle', script: [{ body: [word], ending: 'hold' }], code: 'provider_stalled', says: /LLM_IDLE_TIMEOUT/, text: 'Hello', options: { idleTimeoutSeconds: 0.1 } },
    { name: 'a clean end in the middle', script: [{ body: [word] }], code: 'provider_cut', says: /before the answer did/, text: 'Hello' },
    { name: 'a dropped connection in the middle', script: [{ body: [word, { delay: 20 }], ending: 'cut' }], code: 'provider_cut', says: /before the answer did/, text: 'Hello' },
    { name: 'an end in the middle of an event', script: [{ body: [word, 'data: {"choices":[{"del'] }], code: 'provider_cut', says: /before the answer did/, text: 'Hello' },
    { name: 'nothing at all', script: [{}], code: 'provider_empty', says: /nothing/, requests: 1 },
    { name: 'only [DONE]', script: [{ body: [DONE] }], code: 'provider_empty', says: /nothing/ },
    { name: 'an event that is no JSON', script: [{ body: [word, 'data: oops\n\n', { delay: 50 }, word], ending: 'hold' }], code: 'provider_error', says: /no answer of a model/, text: 'Hello' },
    { name: 'a web page', script: [{ headers: { 'content-type': 'text/html' }, body: ['<!doctype html><h1>Hi</h1>'] }], code: 'provider_error', says: /web page.*OPENAI_BASE_URL/ },
    { name: 'a JSON error with status 200', script: [{ headers: { 'content-type': 'application/json' }, body: ['{"error":{"message":"no room"}}'] }], code: 'provider_error', says: /no room/ },
    { name: 'a wrong key', script: [refusal(401, { message: 'Incorrect API key provided: sk-secret-key-123456', code: 'invalid_api_key' })], code: 'provider_auth', says: /OPENAI_API_KEY/, requests: 1 },
    { name: 'no key where one is needed', script: [refusal(401, { message: 'who?' })], code: 'provider_auth', says: /asks for an API key/, options: { apiKey: undefined } },
    { name: 'an unknown model', script: [refusal(404, { message: 'model "x" not found' })], code: 'bad_request', says: /LLM_MODEL.*model "x" not found/ },
    { name: 'a request it refuses', script: [refusal(400, { message: 'messages is odd' })], code: 'bad_request', says: /messages is odd/, requests: 1 },
    { name: 'a conversation too long', script: [refusal(400, { message: "This model's maximum context length is 10 tokens", code: 'context_length_exceeded' })], code: 'context_too_long', says: /longer than/, requests: 1 },
    { name: 'a used up quota', script: [refusal(429, { message: 'pay', code: 'insufficient_quota' })], code: 'provider_rate_limit', says: /billing/, requests: 1 },
    { name: 'a long Retry-After', script: [refusal(429, { message: 'slow' }, { 'retry-after': '3600' })], code: 'provider_rate_limit', says: /60 minutes/, requests: 1 },
    { name: 'a rate limit that stays', script: [refusal(429, { message: 'slow' }, { 'retry-after': '0' })], code: 'provider_rate_limit', says: /limiting/, requests: 3 },
    { name: 'an HTML page as a 502', script: [{ status: 502, headers: { 'content-type': 'text/html', 'retry-after-ms': '1' }, body: ['<html><h1>Bad Gateway</h1></html>'] }], code: 'provider_error', says: /not available \(502\).*s\.$/, requests: 3 },
    { name: 'an error inside of the stream', script: [{ body: [word, sse({ error: { message: 'overloaded', code: 503 } })] }], code: 'provider_error', says: /overloaded/, text: 'Hello', requests: 1 },
    { name: 'an error event', script: [{ body: [word, 'event: error\ndata: {"message":"gone"}\n\n'] }], code: 'provider_error', says: /gone/, text: 'Hello' },
    { name: 'a rate limit inside of the stream', script: [{ body: [word, sse({ error: { message: 'slow', code: 429 } })] }], code: 'provider_rate_limit', says: /limiting/, text: 'Hello' },
  ]
  for (const { name, script, code, says, requests, text, options } of cases) {
    test(`${name}: ${code}`, async () => {
      const { provider, port } = await scripted(script, options)
      const step = await collect(port, stepOf('hi'))
      expect(step.ending).toMatchObject({ type: 'error', error: { code } })
      const message = step.ending?.type === 'error' ? step.ending.error.message : ''
      expect(message).toMatch(says)
      expect(message).not.toMatch(/secret|<h1>/)
      expect(step.text).toBe(text ?? '')
      expect(step.deltas.filter(({ type }) => type === 'error' || type === 'finish')).toHaveLength(1)
      if (requests) expect(provider.requests).toHaveLength(requests)
    })
  }

  test('an unreachable server: provider_unreachable, with its host', async () => {
    const { provider, port } = await scripted([{}])
    await provider.close()
    const step = await collect(port, stepOf('hi'))
    expect(step.ending).toMatchObject({
      type: 'error',
      error: { code: 'provider_unreachable', retryable: true, message: expect.stringContaining('127.0.0.1') },
    })
  })
})

describe('tries again before the first delta, never after', () => {
  for (const status of [408, 409, 429, 500, 503]) {
    test(`${status} twice, then an answer`, async () => {
      const failure = refusal(status, { message: 'later' }, { 'retry-after-ms': '5' })
      const { provider, port } = await scripted([failure, failure, { body: [chatAnswer('Hello')] }])
      const step = await collect(port, stepOf('hi'))
      expect(step.text).toBe('Hello')
      expect(step.deltas.filter(({ type }) => type === 'start')).toHaveLength(1)
      expect(provider.requests).toHaveLength(3)
    })
  }

  test('a connection dropped before the first delta is asked for anew', async () => {
    const { provider, port } = await scripted([
      { body: [sse(chatChunk({ role: 'assistant' })), { delay: 20 }], ending: 'cut' },
      { body: [chatAnswer('Hello')] },
    ])
    const step = await collect(port, stepOf('hi'))
    expect(step.text).toBe('Hello')
    expect(step.deltas.filter(({ type }) => type === 'start')).toHaveLength(1)
    expect(provider.requests).toHaveLength(2)
  })

  test('Retry-After is waited for', async () => {
    const { port } = await scripted([
      refusal(429, { message: 'later' }, { 'retry-after': '0.3' }),
      { body: [chatAnswer('Hello')] },
    ])
    const began = performance.now()
    expect((await collect(port, stepOf('hi'))).text).toBe('Hello')
    expect(performance.now() - began).toBeGreaterThan(290)
  })
})

describe('abort', () => {
  test('reaches the provider in the middle of an answer, and nothing follows', async () => {
    const { provider, port } = await scripted([{ body: [word], ending: 'hold' }])
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
    const { provider, port } = await scripted([{ body: [word], ending: 'hold' }])
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
      const { provider, port } = await scripted([reply])
      const controller = new AbortController()
      const step = collect(port, stepOf('hi'), controller.signal)
      await expect.poll(() => provider.requests.length).toBe(1)
      controller.abort()
      expect((await step).deltas).toEqual([])
    }
  })

  test('a reader that leaves ends the request', async () => {
    const { provider, port } = await scripted([{ body: [word], ending: 'hold' }])
    for await (const delta of port.stream(stepOf('hi'), new AbortController().signal)) {
      if (delta.type === 'text') break
    }
    await provider.requests[0]?.over
    expect(provider.requests[0]?.aborted).toBe(true)
  })
})

test('a slow reader is no stalled provider', async () => {
  const { port } = await scripted([{ body: [chatAnswer('a', 'b', 'c')] }], { idleTimeoutSeconds: 0.05 })
  let text = ''
  for await (const delta of port.stream(stepOf('hi'), new AbortController().signal)) {
    if (delta.type === 'text') text += delta.text
    await new Promise((resolve) => setTimeout(resolve, 80))
  }
  expect(text).toBe('abc')
})

test('a provider that ended its answer but keeps the connection open has answered', async () => {
  const body = [sse(chatChunk({ content: 'Hello' }), chatChunk({}, 'stop'))]
  const { port } = await scripted([{ body, ending: 'hold' }], { idleTimeoutSeconds: 0.1 })
  const step = await collect(port, stepOf('hi'))
  expect(step.ending).toEqual({ type: 'finish', finish: 'stop' })
})

test('without a key no credentials are sent, with one they are', async () => {
  for (const apiKey of [undefined, 'sk-secret-key-123456']) {
    const { provider, port } = await scripted([{ body: [chatAnswer('x')] }], { apiKey })
    await collect(port, stepOf('hi'))
    expect(provider.requests[0]?.headers.authorization).toBe(apiKey && `Bearer ${apiKey}`)
  }
})

describe('what an endpoint refuses is left out, once and from then on', () => {
  test('max_tokens becomes max_completion_tokens; temperature goes', async () => {
    const { provider, port } = await scripted([
      refusal(400, { message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", param: 'max_tokens' }),
      refusal(400, { message: "Unsupported value: 'temperature' does not support 0.5", param: 'temperature' }),
      { body: [chatAnswer('Hello')] },
    ])
    expect((await collect(port, stepOf('hi'))).text).toBe('Hello')
    expect(provider.requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 500 })
    expect(provider.requests.at(-1)?.body).not.toHaveProperty('temperature')
    expect(provider.requests.at(-1)?.body).not.toHaveProperty('max_tokens')
    await collect(port, stepOf('again'))
    expect(provider.requests).toHaveLength(4)
  })

  test('stream_options and short call ids', async () => {
    const { provider, port } = await scripted([
      refusal(422, { message: '[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]' }),
      refusal(400, { message: 'Tool call id was call_abcdef but must be a-z, A-Z, 0-9, with a length of 9.' }),
      { body: [chatAnswer('Hello')] },
    ])
    const messages: ModelMessage[] = [
      { role: 'user', text: 'hi' },
      { role: 'assistant', text: '', calls: [{ id: 'call_abcdef', name: 'f', arguments: '{}' }], providerState: null },
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
    const { provider, port } = await scripted([refusal(400, { message: 'temperature!', param: 'temperature' })])
    expect((await collect(port, stepOf('hi'))).ending).toMatchObject({ error: { code: 'bad_request' } })
    expect(provider.requests).toHaveLength(2)
  })
})

describe('the list of models', () => {
  test('has ids, and context windows where they are told', async () => {
    const data = [{ id: 'a', context_length: 1000 }, { id: 'b', max_model_len: 2000 }, { id: 'c' }]
    const { port } = await scripted([{ headers: { 'content-type': 'application/json' }, body: [JSON.stringify({ data })] }])
    expect(await port.list()).toEqual([{ id: 'a', contextWindow: 1000 }, { id: 'b', contextWindow: 2000 }, { id: 'c' }])
  })

  test('throws an error for people when it cannot be had', async () => {
    const { port } = await scripted([refusal(401, { message: 'no' })])
    await expect(port.list()).rejects.toMatchObject({ error: { code: 'provider_auth' } })
  })
})
