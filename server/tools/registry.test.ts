import { expect, test } from 'vitest'
import { z } from 'zod'
import { UserId } from '../../shared/contract/ids.ts'
import { defineTool } from './define.ts'
import type { Tool } from './tool.ts'
import { createToolRegistry } from './registry.ts'
import type { CallContext } from './registry.ts'

const caller = { id: UserId.parse('0191d6a0-0000-7000-8000-000000000001'), admin: false }

function context(signal: AbortSignal = new AbortController().signal): CallContext {
  return { caller, callId: '0191d6a0-0000-7000-8000-00000000000c', signal }
}

const add = defineTool({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  output: z.object({ sum: z.number() }),
  effect: 'read',
  approval: 'never',
  execute: async ({ a, b }) => ({ sum: a + b }),
})

/** A tool with any behaviour, whatever its schema says. */
function answering(execute: Tool['execute'], output: z.ZodType = z.unknown()): Tool {
  return { ...add, name: 'answering', input: z.unknown(), output, execute }
}

function registry(tool: Tool, timeoutMs = 60_000) {
  return createToolRegistry([add, tool], { timeoutMs })
}

test('the list describes each tool with the JSON Schema of its input and output', () => {
  expect(createToolRegistry([add], { timeoutMs: 1000 }).list()).toEqual([
    {
      name: 'add',
      description: 'Adds two numbers.',
      source: 'builtin',
      effect: 'read',
      approval: 'never',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number', default: 1 } },
        required: ['a'],
      },
      outputSchema: {
        type: 'object',
        properties: { sum: { type: 'number' } },
        required: ['sum'],
        additionalProperties: false,
      },
    },
  ])
})

test('two tools of one name are refused', () => {
  expect(() => createToolRegistry([add, add], { timeoutMs: 1000 })).toThrow('same name')
})

test('what the model wrote is parsed, recorded, and carried out', async () => {
  const tools = createToolRegistry([add], { timeoutMs: 60_000 })
  const call = tools.parse('add', '{"a": 2, "unasked": true}')
  expect(call).toEqual({ ok: true, tool: tools.find('add'), input: { a: 2, b: 1 } })
  const recorded: unknown = JSON.parse(JSON.stringify(call.ok && call.input))
  expect(await tools.execute('add', recorded, context())).toEqual({ ok: true, output: { sum: 3 } })
})

test.each([
  ['{"b": "two"}', '"a"', '"b"'],
  ['{"a": 1', 'not valid JSON', 'add'],
  ['[]', 'the arguments', 'add'],
  ['', '"a"', 'add'],
])('bad arguments %s are answered by what is wrong with which field', (text, ...mentions) => {
  const call = createToolRegistry([add], { timeoutMs: 1000 }).parse('add', text)
  expect(call).toMatchObject({ ok: false, kind: 'bad-arguments' })
  for (const mention of mentions) {
    expect(call).toHaveProperty('error', expect.stringContaining(mention))
  }
})

test('an error stays short, however wrong the arguments are', () => {
  const wide = z.object(
    Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field${i}`, z.string()])),
  )
  const call = registry({ ...add, name: 'wide', input: wide }).parse('wide', '{}')
  expect(call).toHaveProperty('error', expect.stringMatching(/and 492 more\.$/))
  expect(call.ok ? 0 : call.error.length).toBeLessThan(2100)
})

test('input that was recorded is checked again before it is carried out', async () => {
  const tools = createToolRegistry([add], { timeoutMs: 1000 })
  expect(await tools.execute('add', { a: '1' }, context())).toMatchObject({ kind: 'bad-arguments' })
})

test('an unknown tool is answered by the names that there are', async () => {
  const tools = registry(answering(async () => 1))
  const error = 'There is no tool named "subtract". Tools: add, answering.'
  expect(tools.parse('subtract', '{}')).toEqual({ ok: false, kind: 'unknown-tool', error })
  expect(await tools.execute('subtract', {}, context())).toEqual({
    ok: false,
    kind: 'unknown-tool',
    error,
  })
})

test('what a tool throws is its error message', async () => {
  const thrown = registry(answering(() => Promise.reject(new Error('no such city'))))
  expect(await thrown.execute('answering', {}, context())).toEqual({
    ok: false,
    kind: 'failed',
    error: 'no such city',
  })
  const odd = registry(answering(() => Promise.reject(new Error('a\0b\uD800c'))))
  expect(await odd.execute('answering', {}, context())).toHaveProperty('error', 'a\uFFFDb\uFFFDc')
  const silent = registry(answering(() => Promise.reject(new Error(''))))
  expect(await silent.execute('answering', {}, context())).toHaveProperty(
    'error',
    expect.stringMatching(/.+/),
  )
})

test('a tool that is not over in time is told to stop, and ends as a timeout', async () => {
  let told = false
  const deaf = answering((_, { signal }) => {
    signal.addEventListener('abort', () => (told = true))
    return new Promise(() => undefined)
  })
  const outcome = await registry(deaf, 20).execute('answering', {}, context())
  expect(outcome).toMatchObject({
    ok: false,
    kind: 'timeout',
    error: expect.stringContaining('0.02 seconds'),
  })
  expect(told).toBe(true)
})

test('a stop reaches a tool that listens, and ends one that does not', async () => {
  const stop = new AbortController()
  const listening = answering(
    (_, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('aborted'))),
      ),
  )
  const pending = registry(listening).execute('answering', {}, context(stop.signal))
  stop.abort()
  expect(await pending).toMatchObject({ ok: false, kind: 'stopped' })
  let started = false
  const never = answering(async () => (started = true))
  expect(await registry(never).execute('answering', {}, context(stop.signal))).toMatchObject({
    kind: 'stopped',
  })
  expect(started).toBe(false)
})

const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

test.each([
  ['undefined', undefined],
  ['a function', () => 1],
  ['a bigint', 1n],
  ['a cycle', cycle],
  ['too much', 'x'.repeat(200_001)],
])('an answer that JSON cannot carry or that is too long fails: %s', async (_, output) => {
  const outcome = await registry(answering(async () => output)).execute('answering', {}, context())
  expect(outcome).toMatchObject({ ok: false, kind: 'failed' })
})

test('an answer that does not fit the schema fails', async () => {
  const tools = registry(answering(async () => ({ sum: 'three' }), z.object({ sum: z.number() })))
  const outcome = await tools.execute('answering', {}, context())
  expect(outcome).toMatchObject({
    ok: false,
    kind: 'failed',
    error: expect.stringContaining('sum'),
  })
})
