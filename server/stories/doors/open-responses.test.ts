import { createParser } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'

// The cases of Open Responses' compliance tests (openresponses.org), and its requirements on responses: every field of
// a response is present, and each event has its place in the order.

const Count = z.int().nonnegative()
const Text = z.object({
  ...{ type: z.literal('output_text'), text: z.string() },
  ...{ annotations: z.array(z.unknown()), logprobs: z.array(z.unknown()) },
})
const ItemStatus = z.enum(['in_progress', 'completed', 'incomplete'])
const Item = z.discriminatedUnion('type', [
  z.object({
    ...{ type: z.literal('message'), id: z.string(), status: ItemStatus },
    role: z.literal('assistant'),
    content: z.array(
      z.union([Text, z.object({ type: z.literal('refusal'), refusal: z.string() })]),
    ),
  }),
  z.object({
    ...{ type: z.literal('function_call'), id: z.string(), call_id: z.string() },
    ...{ name: z.string(), arguments: z.string(), status: ItemStatus },
  }),
  z.object({
    ...{ type: z.literal('reasoning'), id: z.string() },
    summary: z.array(z.object({ type: z.literal('summary_text'), text: z.string() })),
  }),
])
const FunctionTool = z.object({
  ...{ type: z.literal('function'), name: z.string() },
  description: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  strict: z.boolean().nullable(),
})
const Response_ = z.object({
  ...{ id: z.string(), object: z.literal('response'), created_at: Count },
  completed_at: Count.nullable(),
  status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  model: z.string(),
  previous_response_id: z.string().nullable(),
  instructions: z.string().nullable(),
  output: z.array(Item),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  tools: z.array(FunctionTool),
  tool_choice: z.enum(['none', 'auto', 'required']),
  truncation: z.enum(['auto', 'disabled']),
  parallel_tool_calls: z.boolean(),
  text: z.object({ format: z.looseObject({ type: z.string() }) }),
  ...{ top_p: z.number(), presence_penalty: z.number(), frequency_penalty: z.number() },
  ...{ top_logprobs: Count, temperature: z.number() },
  reasoning: z.object({ effort: z.string().nullable(), summary: z.string().nullable() }).nullable(),
  usage: z
    .object({
      ...{ input_tokens: Count, output_tokens: Count, total_tokens: Count },
      input_tokens_details: z.object({ cached_tokens: Count }),
      output_tokens_details: z.object({ reasoning_tokens: Count }),
    })
    .nullable(),
  ...{ max_output_tokens: Count.nullable(), max_tool_calls: Count.nullable() },
  ...{ store: z.boolean(), background: z.boolean(), service_tier: z.string() },
  metadata: z.record(z.string(), z.string()),
  ...{ safety_identifier: z.string().nullable(), prompt_cache_key: z.string().nullable() },
  // It is stored here, and said to be.
  conversation: z.object({ id: z.string() }),
})

const at = { sequence_number: Count, output_index: Count }
const within = { ...at, item_id: z.string(), content_index: Count }
const summary = { ...at, item_id: z.string(), summary_index: Count }
const event = <Name extends string>(type: Name, shape: z.ZodRawShape) =>
  z.object({ type: z.literal(type), ...shape })
const whole = { sequence_number: Count, response: Response_ }
const Events = z.union([
  event('response.created', whole),
  event('response.queued', whole),
  event('response.in_progress', whole),
  event('response.completed', whole),
  event('response.failed', whole),
  event('response.incomplete', whole),
  event('response.output_item.added', { ...at, item: Item }),
  event('response.output_item.done', { ...at, item: Item }),
  event('response.content_part.added', { ...within, part: z.looseObject({ type: z.string() }) }),
  event('response.content_part.done', { ...within, part: z.looseObject({ type: z.string() }) }),
  event('response.output_text.delta', {
    ...{ ...within, delta: z.string(), logprobs: z.array(z.unknown()) },
  }),
  event('response.output_text.done', {
    ...{ ...within, text: z.string(), logprobs: z.array(z.unknown()) },
  }),
  event('response.refusal.delta', { ...within, delta: z.string() }),
  event('response.refusal.done', { ...within, refusal: z.string() }),
  event('response.function_call_arguments.delta', {
    ...{ ...at, item_id: z.string(), delta: z.string() },
  }),
  event('response.function_call_arguments.done', {
    ...{ ...at, item_id: z.string(), arguments: z.string() },
  }),
  event('response.reasoning_summary_part.added', { ...summary, part: z.unknown() }),
  event('response.reasoning_summary_part.done', { ...summary, part: z.unknown() }),
  event('response.reasoning_summary_text.delta', { ...summary, delta: z.string() }),
  event('response.reasoning_summary_text.done', { ...summary, text: z.string() }),
])

const said = (role: string, content: unknown) => ({ type: 'message', role, content })
const weather = {
  ...{ type: 'function', name: 'get_weather', description: 'The weather of a place' },
  parameters: {
    type: 'object',
    properties: { location: { type: 'string' } },
    required: ['location'],
  },
}
const HEART =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

const cases: { name: string; body: Record<string, unknown>; calls?: true }[] = [
  { name: 'a string', body: { input: 'Write a status update of one sentence.' } },
  { name: 'a text', body: { input: [said('user', 'Say hello in exactly 3 words.')] } },
  {
    name: 'a system message',
    body: { input: [said('system', 'You are a pirate.'), said('user', 'Say hello.')] },
  },
  {
    name: 'a function',
    body: { input: [said('user', 'The weather in San Francisco?')], tools: [weather] },
    calls: true,
  },
  {
    name: 'a picture',
    body: {
      input: [
        said('user', [
          { type: 'input_text', text: 'What is this?' },
          { type: 'input_image', image_url: HEART },
        ]),
      ],
    },
  },
  {
    name: 'a file',
    body: {
      input: [
        said('user', [
          { type: 'input_text', text: 'Summarise this.' },
          {
            type: 'input_file',
            filename: 'a.txt',
            file_data: `data:text/plain;base64,${btoa('Hi')}`,
          },
        ]),
      ],
    },
  },
  {
    name: 'a call that was answered',
    body: {
      input: [
        said('user', 'The weather in San Francisco?'),
        { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: '64 degrees and clear' },
        said('user', 'And in words?'),
      ],
      tools: [weather],
    },
  },
  {
    name: 'several turns',
    body: {
      input: [
        said('user', 'My name is Alice.'),
        said('assistant', 'Hello Alice!'),
        said('user', 'What is my name?'),
      ],
    },
  },
]

test('a response goes on from an earlier one, with what was said and answered there (Open Responses)', async () => {
  await using app = await startTestApp()
  const url = await app.listen()
  const ask = async (body: object) => {
    const answer = await fetch(`${url}/v1/responses`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ model: 'default', ...body }),
    })
    return Response_.parse(await answer.json())
  }
  app.model.plan('Aye!', 'Alice.')
  const { id } = await ask({ input: 'My name is Alice.' })
  const next = await ask({ input: 'What is my name?', previous_response_id: id })
  expect(next).toMatchObject({ previous_response_id: id, status: 'completed' })
  expect(app.model.steps.at(-1)?.messages).toMatchObject([
    { role: 'user', text: 'My name is Alice.' },
    { role: 'assistant', text: 'Aye!' },
    { role: 'user', text: 'What is my name?' },
  ])
})

test('answers have the shape that Open Responses asks for, in each case of its compliance tests', async () => {
  await using app = await startTestApp()
  const url = await app.listen()
  for (const { name, body, calls } of cases) {
    for (const stream of [false, true]) {
      plan(app, calls)
      const answer = await fetch(`${url}/v1/responses`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ model: 'default', ...body, stream }),
      })
      expect(answer.status, name).toBe(200)
      const text = await answer.text()
      const events = stream ? read(text) : []
      if (stream) {
        expect(answer.headers.get('content-type')).toContain('text/event-stream')
        expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i))
        expect(text.trimEnd().endsWith('data: [DONE]'), name).toBe(true)
      }
      const response = Response_.parse(stream ? events.at(-1)?.['response'] : JSON.parse(text))
      expect(response, name).toMatchObject({
        ...{ status: 'completed', completed_at: expect.any(Number) },
      })
      const types = response.output.map(({ type }) => type)
      expect(types, name).toContain(calls ? 'function_call' : 'message')
      if (stream && calls) {
        const names = events.map(({ type }) => type)
        expect(names).toContain('response.function_call_arguments.delta')
        expect(names).toContain('response.function_call_arguments.done')
        expect(events).toContainEqual(
          expect.objectContaining({
            ...{ type: 'response.output_item.added' },
            item: expect.objectContaining({ type: 'function_call' }),
          }),
        )
      }
    }
  }
})

function plan({ model }: TestApp, calls: true | undefined): void {
  model.plan(calls ? { tools: [{ name: 'get_weather', input: { location: 'here' } }] } : 'Aye!')
}

/** Parses the events and checks each by the schema of its type. */
function read(text: string): Record<string, unknown>[] {
  const events: Record<string, unknown>[] = []
  const parser = createParser({
    onEvent: ({ event: name, data }) => {
      if (data === '[DONE]') return
      const value: Record<string, unknown> = JSON.parse(data)
      const { error } = Events.safeParse(value)
      expect(error && `${String(value['type'])}: ${z.prettifyError(error)}`).toBeUndefined()
      expect(name).toBe(value['type'])
      events.push(value)
    },
  })
  parser.feed(text)
  return events
}
