import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { ModelPortOptions } from '../create.ts'
import { collect, stepOf } from '../testing/collect.ts'
import { refusal, scriptedPort, word } from '../testing/scripted-port.ts'
import { chatChunk, DONE, sse } from '../testing/scripted-provider.ts'
import type { ScriptedReply } from '../testing/scripted-provider.ts'

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
    {
      name: 'no first token',
      script: [{ ending: 'hold' }],
      code: 'provider_timeout',
      says: /0\.1 s.*LLM_TIMEOUT/,
      options: { timeoutSeconds: 0.1 },
    },
    {
      name: 'not even headers',
      script: [{ answers: false }],
      code: 'provider_timeout',
      says: /LLM_TIMEOUT/,
      options: { timeoutSeconds: 0.1 },
    },
    {
      name: 'a role and then silence',
      script: [{ body: [sse(chatChunk({ role: 'assistant', content: '' }))], ending: 'hold' }],
      code: 'provider_timeout',
      says: /first word/,
      options: { timeoutSeconds: 0.1 },
    },
    {
      name: 'only comments',
      script: [
        {
          body: Array.from({ length: 30 }, () => [': alive\n\n', { delay: 10 }]).flat(),
          ending: 'hold',
        },
      ],
      code: 'provider_timeout',
      says: /first word/,
      options: { timeoutSeconds: 0.1 },
    },
    {
      name: 'only chunks without a word',
      script: [
        {
          body: Array.from({ length: 40 }, () => [
            sse(chatChunk({ content: '' })),
            { delay: 20 },
          ]).flat(),
        },
      ],
      code: 'provider_timeout',
      says: /first word/,
      options: { timeoutSeconds: 0.2 },
    },
    {
      name: 'silence in the middle',
      script: [{ body: [word], ending: 'hold' }],
      code: 'provider_stalled',
      says: /LLM_IDLE_TIMEOUT/,
      text: 'Hello',
      options: { idleTimeoutSeconds: 0.1, timeoutSeconds: 60 },
    },
    {
      name: 'a clean end in the middle',
      script: [{ body: [word] }],
      code: 'provider_cut',
      says: /before the answer did/,
      text: 'Hello',
    },
    {
      name: 'a dropped connection in the middle',
      script: [{ body: [word, { delay: 20 }], ending: 'cut' }],
      code: 'provider_cut',
      says: /before the answer did/,
      text: 'Hello',
    },
    {
      name: 'an end in the middle of an event',
      script: [{ body: [word, 'data: {"choices":[{"del'] }],
      code: 'provider_cut',
      says: /before the answer did/,
      text: 'Hello',
    },
    { name: 'nothing at all', script: [{}], code: 'provider_empty', says: /nothing/, requests: 1 },
    { name: 'only [DONE]', script: [{ body: [DONE] }], code: 'provider_empty', says: /nothing/ },
    {
      name: 'an event that begins as JSON and is none',
      script: [{ body: [word, 'data: {oops\n\n', { delay: 50 }, word], ending: 'hold' }],
      code: 'provider_error',
      says: /no answer of a model/,
      text: 'Hello',
    },
    {
      name: 'a web page',
      script: [{ headers: { 'content-type': 'text/html' }, body: ['<!doctype html><h1>Hi</h1>'] }],
      code: 'provider_error',
      says: /web page.*OPENAI_BASE_URL/,
    },
    {
      name: 'a JSON error with status 200',
      script: [
        {
          headers: { 'content-type': 'application/json' },
          body: ['{"error":{"message":"no room"}}'],
        },
      ],
      code: 'provider_error',
      says: /no room/,
    },
    {
      name: 'a wrong key',
      script: [
        refusal(401, {
          message: 'Incorrect API key provided: sk-secret-key-123456',
          code: 'invalid_api_key',
        }),
      ],
      code: 'provider_auth',
      says: /OPENAI_API_KEY/,
      requests: 1,
    },
    {
      name: 'no key where one is needed',
      script: [refusal(401, { message: 'who?' })],
      code: 'provider_auth',
      says: /asks for an API key/,
      options: { apiKey: undefined },
    },
    {
      name: 'something that is not allowed',
      script: [refusal(403, { message: 'Country not supported for sk-secret-key-123456' })],
      code: 'provider_auth',
      says: /with the API key in OPENAI_API_KEY \(403\)\. It says: Country not supported/,
      requests: 1,
    },
    {
      name: 'something that is not allowed to anybody without a key',
      script: [refusal(403, { message: 'Not from here' })],
      code: 'provider_auth',
      says: /does not allow this \(403\)\. It says: Not from here/,
      options: { apiKey: undefined },
    },
    {
      name: 'a failure of the server that the stream names before the first word',
      script: [{ body: [sse({ error: { message: 'boom', type: 'server_error' } })] }],
      code: 'provider_error',
      says: /boom/,
      requests: 3,
    },
    {
      name: 'a rate limit that the stream names after the first word',
      script: [{ body: [word, sse({ error: { message: 'slow', code: 'rate_limit_exceeded' } })] }],
      code: 'provider_rate_limit',
      says: /limiting/,
      text: 'Hello',
      requests: 1,
    },
    {
      name: 'an unknown model',
      script: [refusal(404, { message: 'model "x" not found' })],
      code: 'bad_request',
      says: /LLM_MODEL.*model "x" not found/,
    },
    {
      name: 'a request it refuses',
      script: [refusal(400, { message: 'messages is odd' })],
      code: 'bad_request',
      says: /messages is odd/,
      requests: 1,
    },
    {
      name: "FastAPI's way of refusing",
      script: [{ status: 422, body: ['{"detail":"messages are odd"}'] }],
      code: 'bad_request',
      says: /messages are odd/,
    },
    {
      name: "Google's way of refusing",
      script: [{ status: 400, body: ['[{"error":{"message":"contents are odd"}}]'] }],
      code: 'bad_request',
      says: /contents are odd/,
    },
    {
      name: 'a refusal in plain text',
      script: [{ status: 400, headers: { 'content-type': 'text/plain' }, body: ['all is odd'] }],
      code: 'bad_request',
      says: /all is odd/,
    },
    {
      name: 'a conversation too long',
      script: [
        refusal(400, {
          message: "This model's maximum context length is 10 tokens",
          code: 'context_length_exceeded',
        }),
      ],
      code: 'context_too_long',
      says: /longer than/,
      requests: 1,
    },
    {
      name: 'a used up quota',
      script: [refusal(429, { message: 'pay', code: 'insufficient_quota' })],
      code: 'provider_rate_limit',
      says: /billing/,
      requests: 1,
    },
    {
      name: 'a long Retry-After',
      script: [refusal(429, { message: 'slow' }, { 'retry-after': '3600' })],
      code: 'provider_rate_limit',
      says: /60 minutes/,
      requests: 1,
    },
    {
      name: 'a rate limit that stays',
      script: [refusal(429, { message: 'slow' }, { 'retry-after': '0' })],
      code: 'provider_rate_limit',
      says: /limiting/,
      requests: 3,
    },
    {
      name: 'an HTML page as a 502',
      script: [
        {
          status: 502,
          headers: { 'content-type': 'text/html', 'retry-after-ms': '1' },
          body: ['<html><h1>Bad Gateway</h1></html>'],
        },
      ],
      code: 'provider_error',
      says: /not available \(502\).*s\.$/,
      requests: 3,
    },
    {
      name: 'an error inside of the stream',
      script: [{ body: [word, sse({ error: { message: 'overloaded', code: 503 } })] }],
      code: 'provider_error',
      says: /overloaded/,
      text: 'Hello',
      requests: 1,
    },
    {
      name: 'an error event',
      script: [{ body: [word, 'event: error\ndata: {"message":"gone"}\n\n'] }],
      code: 'provider_error',
      says: /gone/,
      text: 'Hello',
    },
    {
      name: 'a rate limit inside of the stream',
      script: [{ body: [word, sse({ error: { message: 'slow', code: 429 } })] }],
      code: 'provider_rate_limit',
      says: /limiting/,
      text: 'Hello',
    },
  ]
  for (const { name, script, code, says, requests, text, options } of cases) {
    test(`${name}: ${code}`, async () => {
      await using scripted = await scriptedPort(script, options)
      const { provider, port } = scripted
      const step = await collect(port, stepOf('hi'))
      expect(step.ending).toMatchObject({ type: 'error', error: { code } })
      const message = step.ending?.type === 'error' ? step.ending.error.message : ''
      expect(message).toMatch(says)
      expect(message).not.toMatch(/secret|<h1>/)
      expect(step.text).toBe(text ?? '')
      expect(step.deltas.filter(({ type }) => type === 'error' || type === 'finish')).toHaveLength(
        1,
      )
      if (requests) expect(provider.requests).toHaveLength(requests)
    })
  }

  test('an unreachable server: provider_unreachable, with its host', async () => {
    await using scripted = await scriptedPort([{}])
    const { provider, port } = scripted
    await provider.close()
    const step = await collect(port, stepOf('hi'))
    expect(step.ending).toMatchObject({
      type: 'error',
      error: {
        code: 'provider_unreachable',
        retryable: true,
        message: expect.stringContaining('127.0.0.1'),
      },
    })
  })
})

test('a failure that nobody foresaw is told to the log without what was said', async () => {
  const told: unknown[] = []
  await using scripted = await scriptedPort([{}], { onInternal: (cause) => told.push(cause) })
  const schema = {
    get type(): string {
      throw new RangeError('the secret words', { cause: new TypeError('more secret words') })
    },
  }
  const tools = [{ name: 'f', description: '', inputSchema: schema }]
  const step = await collect(scripted.port, stepOf('hi', { tools }))
  expect(step.ending).toMatchObject({ error: { code: 'internal', retryable: true } })
  expect(told).toHaveLength(1)
  const [error] = told
  expect(error).toMatchObject({
    message: 'the model could not be asked: RangeError',
    stack: expect.stringMatching(/^ +at .*failures\.test/m),
    cause: { message: 'the model could not be asked: TypeError' },
  })
  expect(inspect(error)).not.toContain('secret')
})
