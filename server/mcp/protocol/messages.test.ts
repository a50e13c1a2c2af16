import { describe, expect, test } from 'vitest'
import { CUT_OFF, Messages, UNREADABLE } from './messages.ts'

const schema = { type: 'object', properties: { a: { default: null } }, required: ['a'] }
const annotations = { title: 'a', readOnlyHint: true, idempotentHint: true, destructiveHint: false }
const meta = { progressToken: 'p', other: { deep: 1 } }

/** Every message of a server that is read here, with all its fields. */
const MESSAGES = {
  initialize: {
    id: 1,
    result: {
      protocolVersion: '2025-06-18',
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
        experimental: { a: {} },
      },
      serverInfo: { name: 's', version: '1', title: 's', websiteUrl: 'x', icons: [{ src: 'x' }] },
      instructions: 'None.',
      _meta: meta,
    },
  },
  'tools/list': {
    id: 1,
    result: {
      tools: [
        {
          name: 'a',
          title: 'A',
          description: 'Does a.',
          inputSchema: schema,
          outputSchema: schema,
          annotations,
          execution: { taskSupport: 'optional' },
          icons: [{ src: 'x', mimeType: 'image/png', sizes: ['1'] }],
          _meta: meta,
        },
      ],
      nextCursor: 'next',
      _meta: meta,
    },
  },
  'tools/call': {
    id: 1,
    result: {
      content: [
        { type: 'text', text: 'a', annotations: { audience: ['user'], priority: 1 }, _meta: meta },
        { type: 'resource_link', uri: 'x', name: 'x', title: 'x', description: 'x', size: 1 },
        {
          type: 'resource',
          resource: { uri: 'x', text: 'x', mimeType: 'text/plain', _meta: meta },
        },
      ],
      structuredContent: { a: null, list: [null, 1] },
      isError: false,
      resultType: 'complete',
      _meta: meta,
    },
  },
  'a failure': { id: 1, error: { code: -32_000, message: 'no', data: { a: null } } },
  'notifications/progress': {
    method: 'notifications/progress',
    params: { progressToken: 1, progress: 1, total: 2, message: 'one', _meta: meta },
  },
  'notifications/tools/list_changed': {
    method: 'notifications/tools/list_changed',
    params: { _meta: meta },
  },
  'a question': { id: 'q', method: 'roots/list', params: { _meta: meta } },
}

function read(message: object, method = 'tools/call') {
  const messages = new Messages()
  messages.sent({ jsonrpc: '2.0', id: 1, method })
  return messages.read(JSON.stringify({ jsonrpc: '2.0', ...message }))
}

/** The paths of fields of the protocol; schemas and data are left out. */
function* fieldsOf(value: unknown, path: string[] = []): Generator<string[]> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, one] of Object.entries(value)) {
    if (!Array.isArray(value)) yield [...path, key]
    if (!/^(structuredContent|inputSchema|outputSchema|data)$/.test(key)) {
      yield* fieldsOf(one, [...path, key])
    }
  }
}

function changed(
  value: object,
  [key = '', ...rest]: string[],
  change: (of: object, key: string) => void,
) {
  const copy: object = structuredClone(value)
  let at = copy
  for (const next of rest.length > 0 ? [key, ...rest.slice(0, -1)] : []) {
    at = Object(Reflect.get(at, next))
  }
  change(at, rest.at(-1) ?? key)
  return copy
}

/** Fields without which it is not a message. */
const NEEDED = new Set(['id', 'method', 'result', 'error'])

describe.each(Object.entries(MESSAGES))('null in any field of %s', (method, message) => {
  const fields = [...fieldsOf(message)].filter(
    (path) => path.length > 1 || !NEEDED.has(path[0] ?? ''),
  )
  test.each(fields.map((path) => [path.join('.'), path] as const))(
    'is its absence: %s',
    (_, path) => {
      const withNull = changed(message, path, (of, key) => Reflect.set(of, key, null))
      const without = changed(message, path, (of, key) => Reflect.deleteProperty(of, key))
      expect(read(withNull, method)).toEqual(read(without, method))
    },
  )
})

test('null that is data is kept', () => {
  const answer = { result: { content: [], structuredContent: { a: null, list: [null] } } }
  expect(read({ id: 1, ...answer })[0]).toMatchObject(answer)
  const listed = { result: { tools: [{ name: 'a', inputSchema: schema }] } }
  expect(read({ id: 1, ...listed }, 'tools/list')[0]).toMatchObject(listed)
})

test('an answer with more than an answer has is read all the same', () => {
  expect(read({ id: '1', error: null, result: { content: [] }, durationMs: 5 })).toEqual([
    { jsonrpc: '2.0', id: 1, result: { content: [] } },
  ])
  expect(read({ id: 1, error: { code: 'ENOENT', message: 'no such file' } })).toMatchObject([
    { id: 1, error: { code: -32_000, message: 'no such file' } },
  ])
})

test.each<[string, unknown, object]>([
  ['null', null, { content: [] }],
  ['a text', 'words', { content: [{ type: 'text', text: 'words' }] }],
  ['a list', [{ type: 'text', text: 'a' }], { content: [{ type: 'text', text: 'a' }] }],
  [
    'one piece',
    { content: { type: 'text', text: 'a' } },
    { content: [{ type: 'text', text: 'a' }] },
  ],
  ['bare data', { ok: 1, of: null }, { content: [], structuredContent: { ok: 1 } }],
])('what a tool answers is kept, in whatever shape: %s', (_, result, shape) => {
  expect(read({ id: 1, result })).toEqual([{ jsonrpc: '2.0', id: 1, result: shape }])
})

test.each([
  [
    'numbers that JSON has not',
    '{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":NaN}}}',
  ],
  ['a piece of one', '{"result":{"content":[{"type":"text","te… "id":1}'],
  ['neither result nor error', '{"jsonrpc":"2.0","id":1}'],
  [
    'deeper than can be walked',
    `{"jsonrpc":"2.0","id":1,"result":{"_meta":${'['.repeat(99_999)}${']'.repeat(99_999)}}}`,
  ],
])('an answer that cannot be read fails its request: %s', (_, text) => {
  const messages = new Messages()
  messages.sent({ jsonrpc: '2.0', id: 1, method: 'tools/call' })
  messages.sent({ jsonrpc: '2.0', id: 2, method: 'tools/call' })
  const [answer] = messages.read(text)
  expect(answer).toMatchObject({ id: 1 })
  if (answer && 'error' in answer) expect(answer.error.code).toBe(UNREADABLE)
  // The first request is no longer pending; the other one is.
  expect(messages.cutOff(1)).toBe(null)
  expect(messages.cutOff(2)).toMatchObject({ id: 2, error: { code: CUT_OFF } })
})

test('a failure without an id is that of the only request', () => {
  expect(read({ id: null, error: { code: -32_700, message: 'Parse error' } })).toMatchObject([
    { id: 1, error: { message: 'Parse error' } },
  ])
})

test.each(['Starting…', '{"level":30,"msg":"called","id":1}', '{ not json', '[1]', '7'])(
  'what is no message stays none: %s',
  (text) => {
    const messages = new Messages()
    messages.sent({ jsonrpc: '2.0', id: 1, method: 'tools/call' })
    expect(() => messages.read(text)).toThrow()
    expect(messages.cutOff(1)).not.toBe(null)
  },
)
