import { describe, expect, test } from 'vitest'
import { createModelPort } from './create.ts'
import type { ModelPortOptions } from './create.ts'
import { knownRefusals } from './catalog/model-families.ts'
import { collect, stepOf } from './testing/collect.ts'
import { chatAnswer, sse, startScriptedProvider } from './testing/scripted-provider.ts'

const times = { timeoutSeconds: 5, idleTimeoutSeconds: 5 }

const answered = sse({
  type: 'response.completed',
  response: {
    status: 'completed',
    output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }],
  },
})

/** The address that a request would go to; no request is made. */
async function asked(
  options: Partial<ModelPortOptions>,
): Promise<{ kind: string; url: string; body: unknown }> {
  let request = { url: '', body: null as unknown }
  const port = createModelPort({
    ...times,
    api: 'auto',
    apiKey: 'any',
    fetch: async (url, init) => {
      const sent = new Request(url, init)
      request = { url: sent.url, body: await sent.json() }
      return new Response(sent.url.endsWith('/responses') ? answered : chatAnswer('Hi'))
    },
    ...options,
  })
  const step = await collect(port, stepOf('hi', { model: 'gpt-4o-mini' }))
  expect(step.text).toBe('Hi')
  return { kind: port.kind, ...request }
}

describe('which API is spoken, and where', () => {
  test.each<[Partial<ModelPortOptions>, string, string]>([
    [{}, 'openai', 'https://api.openai.com/v1/responses'],
    [{ baseUrl: 'https://api.openai.com/v1/' }, 'openai', 'https://api.openai.com/v1/responses'],
    [{ api: 'chat' }, 'openai', 'https://api.openai.com/v1/chat/completions'],
    [
      { baseUrl: 'http://localhost:11434/v1' },
      'compatible',
      'http://localhost:11434/v1/chat/completions',
    ],
    [
      { baseUrl: 'http://localhost:1/v1', api: 'responses' },
      'compatible',
      'http://localhost:1/v1/responses',
    ],
    [
      { baseUrl: 'http://localhost:1/v1', demo: true },
      'demo',
      'http://localhost:1/v1/chat/completions',
    ],
  ])('%j', async (options, kind, url) => {
    expect(await asked(options)).toMatchObject({ kind, url })
  })

  test('OpenAI is asked with the parameters that its models are known to take', async () => {
    const { body } = await asked({})
    expect(body).toMatchObject({ store: false, temperature: 0.5, max_output_tokens: 500 })
    expect(body).not.toHaveProperty('include')
    expect((await asked({ api: 'chat' })).body).toMatchObject({ max_completion_tokens: 500 })
  })
})

test.each([
  ['gpt-4o-mini', ['encrypted-reasoning', 'reasoning-summary']],
  ['ft:gpt-4.1-mini:us:1', ['encrypted-reasoning', 'reasoning-summary']],
  ['gpt-5-chat-latest', ['encrypted-reasoning', 'reasoning-summary']],
  ['o4-mini', ['temperature']],
  ['gpt-5.5', ['temperature']],
  ['gpt-9', []],
])('of %s it is known without asking what it refuses', (model, refusals) => {
  expect(knownRefusals('openai', model)).toEqual(refusals)
  expect(knownRefusals('compatible', model)).toEqual(['reasoning-summary'])
})

test('Responses: encrypted thoughts that a model does not have are not asked for again', async () => {
  const refusal = {
    error: {
      message: 'Encrypted content is not supported with this model.',
      param: 'include',
      code: null,
    },
  }
  await using provider = await startScriptedProvider([
    {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: [JSON.stringify(refusal)],
    },
    { body: [answered] },
  ])
  const port = createModelPort({
    ...times,
    apiKey: 'any',
    baseUrl: provider.baseUrl,
    api: 'responses',
  })
  expect((await collect(port, stepOf('hi'))).text).toBe('Hi')
  await collect(port, stepOf('hi'))
  expect(provider.requests.map(({ body }) => JSON.stringify(body).includes('include'))).toEqual([
    true,
    false,
    false,
  ])
})

test('Responses: thoughts that the API no longer knows go without ids, and then not at all', async () => {
  const refusal = {
    error: {
      message:
        "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.",
      param: 'input',
    },
  }
  const refused = {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: [JSON.stringify(refusal)],
  }
  await using provider = await startScriptedProvider([refused, refused, { body: [answered] }])
  const port = createModelPort({
    ...times,
    apiKey: 'any',
    baseUrl: provider.baseUrl,
    api: 'responses',
  })
  const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'secret' }
  const host = new URL(provider.baseUrl).host
  const data = { host, order: [{ type: 'reasoning', item }, { type: 'text' }] }
  const step = stepOf('', {
    messages: [
      { role: 'user', text: 'hi' },
      {
        role: 'assistant',
        text: 'ok',
        calls: [{ id: 'c1', name: 'f', arguments: '{}' }],
        providerState: { api: 'responses', model: 'test-model', data },
      },
      { role: 'tool', callId: 'c1', output: '1', failed: false },
    ],
  })
  expect((await collect(port, step)).text).toBe('Hi')
  const sent = provider.requests.map(({ body }) => JSON.stringify(body))
  expect(sent.map((body) => [body.includes('rs_1'), body.includes('secret')])).toEqual([
    [true, true],
    [false, true],
    [false, false],
  ])
})

test.each(['chat', 'responses'] as const)(
  '%s: a whole JSON answer although a stream was asked is read as one',
  async (api) => {
    const whole =
      api === 'chat'
        ? {
            object: 'chat.completion',
            model: 'm',
            choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }],
            usage: { prompt_tokens: 1, completion_tokens: 2 },
          }
        : {
            object: 'response',
            model: 'm',
            status: 'completed',
            output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }],
            usage: { input_tokens: 1, output_tokens: 2 },
          }
    await using provider = await startScriptedProvider([
      { headers: { 'content-type': 'application/json' }, body: [JSON.stringify(whole)] },
    ])
    const step = await collect(
      createModelPort({ ...times, baseUrl: provider.baseUrl, api }),
      stepOf('hi'),
    )
    expect(step.deltas).toEqual([
      { type: 'start', model: 'm' },
      { type: 'text', text: 'Hi' },
      { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
      { type: 'finish', finish: 'stop' },
    ])
  },
)

test.each(['{"nothing":"of use"}', '[1,2]', '{"half'])(
  'a JSON answer that is none is an error, not an empty success: %s',
  async (body) => {
    await using provider = await startScriptedProvider([{ body: [body] }])
    const step = await collect(
      createModelPort({ ...times, baseUrl: provider.baseUrl, api: 'chat' }),
      stepOf('hi'),
    )
    expect(step.deltas).toMatchObject([{ type: 'error' }])
  },
)
