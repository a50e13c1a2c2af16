import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createModelPort } from '../create.ts'
import { GO_ON } from '../go-on.ts'
import type { ModelMessage, ModelPort, ModelTool } from '../port.ts'
import { collect, stepOf } from '../testing/collect.ts'
import type { CollectedStep } from '../testing/collect.ts'
import { startDemoModel } from './start.ts'
import type { DemoModel } from './start.ts'
import { countTokens, tokenize } from './tokens.ts'

const tools: ModelTool[] = [
  {
    name: 'get_system_metrics',
    description: 'Figures about the server. More.',
    inputSchema: {
      type: 'object',
      properties: { metric_type: { type: 'string', enum: ['cpu', 'memory', 'uptime', 'all'] } },
      required: ['metric_type'],
    },
  },
  {
    name: 'fetch_user_profile',
    description: 'The profile of a user.',
    inputSchema: { type: 'object', properties: { user_id: { type: 'string' } } },
  },
  {
    name: 'files__write',
    description: 'Writes a file.',
    inputSchema: {
      type: 'object',
      properties: {
        path: { type: 'string' },
        content: { type: 'string' },
        size: { type: 'integer' },
        mode: { enum: ['new', 'append'] },
      },
      required: ['path', 'size', 'mode'],
    },
  },
]

let demo: DemoModel
beforeAll(async () => {
  demo = await startDemoModel({ tokensPerSecond: Number.POSITIVE_INFINITY })
})
afterAll(() => demo.close())

function port(api: 'chat' | 'responses', baseUrl = demo.baseUrl): ModelPort {
  return createModelPort({ baseUrl, api, demo: true, timeoutSeconds: 5, idleTimeoutSeconds: 5 })
}

/** Plays a conversation, turn by turn; tools answer with their entry in `outputs`. */
async function converse(
  api: 'chat' | 'responses',
  texts: string[],
  outputs: Record<string, string> = {},
): Promise<{ steps: CollectedStep[]; messages: ModelMessage[] }> {
  const steps: CollectedStep[] = []
  const messages: ModelMessage[] = []
  for (const text of texts) {
    messages.push({ role: 'user', text })
    for (let calls = 1; calls > 0;) {
      const step = await collect(port(api), stepOf('', { messages, tools, maxTokens: 200_000 }))
      steps.push(step)
      calls = step.calls.length
      messages.push({ role: 'assistant', text: step.text, calls: step.calls, providerState: null })
      for (const call of step.calls) {
        const output = outputs[call.name] ?? 'fine'
        messages.push({ role: 'tool', callId: call.id, output, failed: output.startsWith('Error') })
      }
    }
  }
  return { steps, messages }
}

const input = (step: CollectedStep | undefined, call = 0): unknown =>
  JSON.parse(step?.calls[call]?.arguments ?? 'null')

describe.each(['chat', 'responses'] as const)('the demo model through %s', (api) => {
  test.each([
    ['How is the CPU doing?', { metric_type: 'cpu' }],
    ['how much memory is in use', { metric_type: 'memory' }],
    ['What is the uptime?', { metric_type: 'uptime' }],
    ['Show me the system metrics', { metric_type: 'all' }],
  ])('calls get_system_metrics for "%s"', async (text, expected) => {
    const { steps } = await converse(api, [text])
    expect(steps[0]?.ending).toEqual({ type: 'finish', finish: 'tool-calls' })
    expect(steps[0]?.calls.map(({ name }) => name)).toEqual(['get_system_metrics'])
    expect(input(steps[0])).toEqual(expected)
  })

  test('calls fetch_user_profile for "Show my user profile"', async () => {
    const { steps } = await converse(api, ['Show my user profile'], {
      fetch_user_profile: '{"name":"Ada","visits":3}',
    })
    expect(steps[0]?.calls.map(({ name }) => name)).toEqual(['fetch_user_profile'])
    expect(steps[1]?.text).toContain('Ada')
    expect(steps[1]?.ending).toEqual({ type: 'finish', finish: 'stop' })
  })

  test('calls several tools at once, and speaks about the real figures of both', async () => {
    const { steps } = await converse(api, ['Show my user profile, the CPU and the memory'], {
      get_system_metrics: '{"usagePercent":12.345,"usedBytes":1610612736}',
      fetch_user_profile: '{"name":"Ada Lovelace"}',
    })
    expect(steps[0]?.calls).toHaveLength(3)
    expect(steps[1]?.text).toContain('12.3 %')
    expect(steps[1]?.text).toContain('1.5 GiB')
    expect(steps[1]?.text).toContain('Ada Lovelace')
  })

  test('writing about a machine is no question about this one, and a named tool keeps its arguments', async () => {
    const { steps } = await converse(api, [
      'write 30 words about memory and the CPU',
      'Write a Python function that measures memory',
      'Tell me about the solar system',
      'use files__write with {"path":"cpu.txt","content":"my profile: system memory","size":1,"mode":"new"}',
    ])
    expect(steps.flatMap((step) => step.calls.map(({ name }) => name))).toEqual(['files__write'])
  })

  test('a tool that is named twice is called twice', async () => {
    const { steps } = await converse(api, [
      'use files__write with {"path":"a","size":1,"mode":"new"} and files__write with {"path":"b","size":2,"mode":"append"}',
    ])
    expect([input(steps[0], 0), input(steps[0], 1)]).toEqual([
      { path: 'a', size: 1, mode: 'new' },
      { path: 'b', size: 2, mode: 'append' },
    ])
  })

  test('fills what a named tool requires, from JSON and from words', async () => {
    const { steps } = await converse(api, [
      'use files__write with {"path":"a/b.txt"} and size 12, append',
      'Please call files__write with path "notes.md", size: 7',
    ])
    expect(input(steps[0])).toEqual({ path: 'a/b.txt', size: 12, mode: 'append' })
    expect(input(steps[2])).toEqual({ path: 'notes.md', size: 7, mode: 'new' })
  })

  test.each([
    ['Error: connection lost', /failed.*connection lost/],
    ['Error: denied by the user: too risky', /not approved.*too risky/],
    ['Error: The server stopped. Whether it happened is not known.', /cannot tell whether/],
    ['Error: unknown user 7', /failed[^]*unknown user 7/],
    ['{"content":[{"type":"text","text":"all written"}]}', /^> all written$/m],
    ['"just text"', /^> just text$/m],
    ['{"result":"unknown","access":"denied"}', /\| Result \| unknown \|/],
    ['The outcome is unknown: it may or may not have happened', /cannot tell whether/],
  ])('says honestly what did not work: %s', async (output, says) => {
    const { steps } = await converse(
      api,
      ['use files__write with {"path":"a","size":1,"mode":"new"}'],
      { files__write: output },
    )
    expect(steps[1]?.text).toMatch(says)
  })

  test('remembers the conversation', async () => {
    const { steps } = await converse(api, [
      'My name is Grace Hopper',
      'What is 6 * 7 + 1?',
      'What is my name?',
      'What did I ask before?',
    ])
    expect(steps[0]?.text).toContain('Grace Hopper')
    expect(steps[1]?.text).toContain('43')
    expect(steps[2]?.text).toContain('Grace Hopper')
    expect(steps[3]?.text).toContain('What is my name?')
  })

  test('says once that it is a demo, and how to connect a real model; and again when asked', async () => {
    const { steps } = await converse(api, [
      'Tell me about cheese',
      'And about wine',
      'Which model are you?',
    ])
    expect(steps[0]?.text).toMatch(/demo model[^]*OPENAI_API_KEY[^]*OPENAI_BASE_URL/)
    expect(steps[1]?.text).not.toMatch(/demo model|OPENAI_/)
    expect(steps[2]?.text).toMatch(/demo model[^]*OPENAI_API_KEY/)
  })

  test('writes about what is asked, wherever the length is said', async () => {
    for (const asked of ['a story of 40 words about lighthouses', 'an essay of 40 words on bees']) {
      const { steps } = await converse(api, [`Write ${asked}`])
      expect(JSON.stringify(steps)).toMatch(/lighthouses|bees/)
      expect(JSON.stringify(steps)).not.toMatch(/about about|about on/)
    }
  })

  test('writes as long as asked', async () => {
    const { steps } = await converse(api, ['Hi', 'write 2000 words about rivers'])
    const words = steps[1]?.text.replace(/^#.*$/gm, '').split(/\s+/).filter(Boolean) ?? []
    expect(words.length).toBe(2000)
    expect(steps[1]?.text).toContain('rivers')
  })

  test('writes Markdown: code, table, math, list', async () => {
    const { steps } = await converse(api, [
      'a table, a bulleted list, a formula and some Python code please',
    ])
    for (const sign of [/^\| Step/m, /^1\. /m, /\$\$/, /```python\n/]) {
      expect(steps[0]?.text).toMatch(sign)
    }
  })

  test('repeats exactly', async () => {
    const { steps } = await converse(api, ['Repeat: 👩‍🚀 Grüße, 世界! \u{1f600}'])
    expect(steps[0]?.text).toBe('👩‍🚀 Grüße, 世界! \u{1f600}')
  })

  test('stops at the limit of tokens, and says so', async () => {
    const step = await collect(port(api), stepOf('write 500 words about rain', { maxTokens: 20 }))
    expect(step.ending).toEqual({ type: 'finish', finish: 'length' })
    expect(countTokens(step.text)).toBe(20)
    const usage = step.deltas.findLast(({ type }) => type === 'usage')
    expect(usage).toMatchObject({ usage: { outputTokens: 20 } })
  })

  test('a call that the limit cuts is not to be carried out', async () => {
    const step = await collect(port(api), stepOf('How is the CPU?', { tools, maxTokens: 3 }))
    expect(step.ending).toMatchObject({
      error: { code: 'provider_empty', message: expect.stringContaining('3 tokens') },
    })
  })

  test('the same conversation gets the same answer', async () => {
    const [one, other] = await Promise.all([
      converse(api, ['Show the CPU']),
      converse(api, ['Show the CPU']),
    ])
    expect(one.steps.map(({ deltas }) => deltas)).toEqual(other.steps.map(({ deltas }) => deltas))
  })

  test('refuses a call without its output, as the real API does', async () => {
    const body =
      api === 'chat'
        ? {
            messages: [
              { role: 'user', content: 'hi' },
              {
                role: 'assistant',
                content: null,
                tool_calls: [
                  { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } },
                ],
              },
            ],
          }
        : {
            input: [
              { role: 'user', content: 'hi' },
              { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
            ],
          }
    const path = api === 'chat' ? 'chat/completions' : 'responses'
    const response = await fetch(`${demo.baseUrl}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo', stream: true, ...body }),
    })
    expect(response.status).toBe(400)
  })

  test('streams at the pace it was given, and stops its work when the reader leaves', async () => {
    await using paced = await startDemoModel({ tokensPerSecond: 100 })
    const controller = new AbortController()
    const began = performance.now()
    let pieces = 0
    for await (const delta of port(api, paced.baseUrl).stream(
      stepOf('write 900 words about rain'),
      controller.signal,
    )) {
      if (delta.type === 'text' && ++pieces === 40) controller.abort()
    }
    const took = performance.now() - began
    expect(pieces).toBe(40)
    expect(took).toBeGreaterThan(350)
  })
})

test('the whole answer without a stream is the streamed one', async () => {
  const client = new OpenAI({ apiKey: 'any', baseURL: demo.baseUrl, maxRetries: 0 })
  const streamed = await collect(port('chat'), stepOf('Hello', { systemPrompt: '' }))
  const chat = await client.chat.completions.create({
    model: 'x',
    messages: [{ role: 'user', content: 'Hello' }],
  })
  const response = await client.responses.create({ model: 'x', input: 'Hello' })
  expect(chat.choices[0]?.message.content).toBe(streamed.text)
  expect(response.output_text).toBe(streamed.text)
  expect(chat.usage?.completion_tokens).toBe(response.usage?.output_tokens)
})

test('offers one model, and calls itself that', async () => {
  expect(await port('chat').list()).toEqual([{ id: 'demo', contextWindow: 128_000 }])
  expect(port('chat').kind).toBe('demo')
})

test('what was cut is gone on with, and what is said while tools run is answered too', async () => {
  const ask = (messages: ModelMessage[], maxTokens: number) =>
    collect(port('chat'), stepOf('', { messages, tools, maxTokens }))
  const asked: ModelMessage = { role: 'user', text: 'Repeat: one two three four five six' }
  const whole = await ask([asked], 1_000)
  const cut = await ask([asked], 3)
  const begun: ModelMessage = { role: 'assistant', text: cut.text, calls: [], providerState: null }
  const rest = await ask([asked, begun, { role: 'user', text: GO_ON }], 1_000)
  expect(cut.text + rest.text).toBe(whole.text)

  const { messages } = await converse('chat', ['What is the uptime?'], {
    get_system_metrics: '{"metric_type":"uptime","process":{"uptime_seconds":61}}',
  })
  const joined = [
    ...messages.slice(0, -1),
    { role: 'user' as const, text: 'Repeat: hello', joins: true },
  ]
  const both = await ask(joined, 1_000)
  expect(both.text).toContain('hello')
  expect(both.text.length).toBeGreaterThan('hello'.length + 10)
})

test.each([
  'Hello, world!',
  ' a  b\n\n\tc',
  'Grüße 世界 👩‍🚀 1234567',
  'e\u0301\u0301 $x^2$ | **b**',
  '',
])('the tokens of %j are its text', (text) => {
  expect(tokenize(text).join('')).toBe(text)
})
