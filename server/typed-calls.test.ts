import { expect, test } from 'vitest'
import { z } from 'zod'
import { CallId, MessageId } from '../shared/contract/ids.ts'
import type { ToolCall } from '../shared/contract/tool.ts'
import { builtinTools } from './tools/builtin.ts'
import { defineTool } from './tools/define.ts'
import { createToolRegistry } from './tools/registry.ts'
import { typedCall, typedEvent } from './typed-calls.ts'

const weather = defineTool({
  name: 'weather',
  description: 'Tells the weather.',
  input: z.object({ place: z.string(), unit: z.enum(['C', 'F']).default('C') }),
  output: z.object({
    degrees: z.number(),
    wind: z.number().nullable().default(null),
    at: z.string().refine((text) => new Date(text).toISOString() !== ''),
  }),
  effect: 'read',
  approval: 'never',
  execute: async () => ({ degrees: 21, wind: 3, at: '2026-01-01' }),
})
const builtin = builtinTools({
  loadProfile: async () => null,
  search: async () => [],
  loadFile: async () => null,
  now: Date.now,
  images: null,
  fetchUrls: false,
})
const tools = createToolRegistry([...builtin, weather], { timeoutMs: 1_000 })

const stored = (call: Partial<ToolCall>): ToolCall => ({
  id: CallId.parse('00000000-0000-4000-8000-000000000001'),
  name: 'weather',
  source: 'builtin',
  effect: 'read',
  status: 'completed',
  input: {},
  ...call,
})

const messageId = MessageId.parse('00000000-0000-4000-8000-000000000002')

const uptime = {
  metric_type: 'uptime',
  system_seconds: 7200,
  process_seconds: 90,
  server_started_at: '2026-01-01T00:00:00.000Z',
}

test('a call that fits its schemas stays as it is', () => {
  const call = stored({
    name: 'get_system_metrics',
    input: { metric_type: 'uptime' },
    output: uptime,
  })
  expect(typedCall(call, tools)).toEqual(call)
})

test('an output that lacks a field the tool has today is shown as it was, and says so', () => {
  const { process_seconds: _, ...older } = uptime
  const call = stored({
    name: 'get_system_metrics',
    input: { metric_type: 'uptime' },
    output: older,
  })
  expect(typedCall(call, tools)).toEqual({ ...call, untyped: true })
})

test('what the schemas of today can read of an older call is brought forward', () => {
  const call = stored({
    input: { place: 'Oslo' },
    output: { degrees: 3, at: '2025-02-03', humid: 1 },
  })
  expect(typedCall(call, tools)).toEqual({
    ...call,
    input: { place: 'Oslo', unit: 'C' },
    output: { degrees: 3, wind: null, at: '2025-02-03' },
  })
})

test('a call of a tool that is no more is shown as it was', () => {
  const call = stored({ name: 'fax', input: { number: 5 }, output: 'sent' })
  expect(typedCall(call, tools)).toEqual({ ...call, untyped: true })
})

test('a schema that throws over an older shape takes nothing down', () => {
  const call = stored({ input: { place: 'Oslo' }, output: { degrees: 3, at: 'yesterday' } })
  expect(typedCall(call, tools)).toEqual({ ...call, untyped: true })
})

test('arguments that the model got wrong are not passed off as the tool’s own', () => {
  const call = stored({ status: 'failed', input: '{"place":', error: 'This is no JSON.' })
  expect(typedCall(call, tools)).toEqual({ ...call, untyped: true })
})

test('a call of an MCP server has no types to keep', () => {
  const call = stored({ name: 'files__read', source: 'mcp:files', input: 5, output: [null] })
  expect(typedEvent({ type: 'tool', messageId, part: 0, call }, tools)).toMatchObject({
    call,
  })
})
