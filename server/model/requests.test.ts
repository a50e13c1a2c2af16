import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chatRequest } from './chat/chat-request.ts'
import type { ModelMessage } from './port.ts'
import { prepareStep } from './request/prepared-step.ts'
import type { Refusal } from './failure/refusals.ts'
import { responsesRequest } from './responses/responses-request.ts'
import { stepOf } from './testing/collect.ts'
import { requestProblems } from './testing/strict-requests.ts'

const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\n\n',
    'Hello',
    '<think>hm</think>',
    '<think>hm</think>\n\nYes',
    '<think>cut',
  ),
  fc.string({ maxLength: 8, unit: 'grapheme' }).map((made) => made.replaceAll('\0', '')),
)
const id = fc.constantFrom('c1', 'c2', 'c3')
const message: fc.Arbitrary<ModelMessage> = fc.oneof(
  fc.record({ role: fc.constant('user' as const), text }),
  fc.record({
    role: fc.constant('assistant' as const),
    text,
    calls: fc.array(
      fc.record({
        id,
        name: fc.constantFrom('add', 'no such/tool', ''),
        arguments: fc.constantFrom('{}', '', 'oops', '[1]'),
      }),
      { maxLength: 3 },
    ),
    providerState: fc.constant(null),
  }),
  fc.record({ role: fc.constant('tool' as const), callId: id, output: text, failed: fc.boolean() }),
)
const schema = fc.constantFrom<Record<string, unknown>>(
  {},
  { type: 'object' },
  { type: 'object', anyOf: [{ required: ['a'] }, { properties: { b: { type: 'array' } } }] },
  {
    $ref: '#/$defs/A',
    $defs: { A: { type: 'object', properties: { x: { type: ['array', 'null'] } } } },
  },
  {
    properties: {
      a: { type: 'array' },
      b: true,
      c: { anyOf: [{ type: 'array' }, { type: 'null' }] },
    },
  },
  { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/A' } } },
)
const tools = fc
  .array(schema, { maxLength: 3 })
  .map((schemas) =>
    schemas.map((inputSchema, at) => ({ name: `tool_${at}`, description: 'A tool.', inputSchema })),
  )
const refused = fc.subarray<Refusal>([
  'tools',
  'system-role',
  'thoughts-left-out',
  'unsigned-calls',
  'long-call-ids',
])
const endpoint = { baseUrl: 'http://127.0.0.1/v1', host: '127.0.0.1', kind: 'compatible' } as const

test('whatever stands in a conversation, the request is one that the strictest provider takes', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 12 }),
      tools,
      refused,
      fc.constantFrom('', ' ', 'Be brief.'),
      (messages, offered, refusals, systemPrompt) => {
        // A request ends with the question, or with the results of the step before.
        const all: ModelMessage[] = [...messages, { role: 'user', text: 'And now?' }]
        const step = stepOf('', { messages: all, tools: offered, systemPrompt })
        const request = prepareStep(step, endpoint, new Set(refusals))
        expect(requestProblems(chatRequest(request))).toEqual([])
        expect(requestProblems(responsesRequest(request))).toEqual([])
      },
    ),
    { numRuns: 1_000 },
  )
})

test('nothing that was said is lost when messages are joined', () => {
  const messages: ModelMessage[] = [
    { role: 'user', text: 'one' },
    { role: 'user', text: 'two' },
    { role: 'assistant', text: 'three', calls: [], providerState: null },
    { role: 'assistant', text: 'four', calls: [], providerState: null },
    { role: 'user', text: 'five' },
  ]
  const { step } = prepareStep(stepOf('', { messages }), endpoint, new Set())
  expect(step.messages.map((one) => 'text' in one && one.text)).toEqual([
    'one\n\ntwo',
    'three\n\nfour',
    'five',
  ])
  // The demo model answers the last question alone, also where those before it were stopped before their first word.
  const demo = prepareStep(stepOf('', { messages }), { ...endpoint, kind: 'demo' }, new Set())
  expect(demo.step.messages.slice(0, 2)).toEqual(messages.slice(0, 2))
})

test('of too many tools those without a server stay, and of each server the first ones; it is told', () => {
  const named = (names: string[]) =>
    names.map((name) => ({ name, description: '', inputSchema: {} }))
  const many = (server: string) => Array.from({ length: 100 }, (_, at) => `${server}__${at}`)
  const offered = named([...many('one'), 'own', ...many('two')])
  const { step, notes } = prepareStep(stepOf('hi', { tools: offered }), endpoint, new Set())
  const sent = step.tools.map(({ name }) => name)
  expect(sent).toHaveLength(128)
  expect(sent).toContain('own')
  expect(sent.filter((name) => name.startsWith('two__')).length).toBeGreaterThan(60)
  expect(notes).toEqual([expect.stringMatching(/more tools.*128 of 201.*were left out/)])
})
