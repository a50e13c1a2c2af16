import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { CallId, UserId } from '../../../shared/contract/ids.ts'
import type { AppToolCall } from '../../../shared/client/index.ts'
import { ToolCard } from './tool-card.tsx'

const id = CallId.parse('00000000-0000-4000-8000-000000000001')
const builtin = { id, source: 'builtin', effect: 'read', status: 'completed' } as const
const render = (call: AppToolCall) => renderToStaticMarkup(<ToolCard call={call} />)

const metrics = {
  ...builtin,
  name: 'get_system_metrics',
  input: { metric_type: 'all' },
  durationMs: 212,
  output: {
    metric_type: 'all',
    cpu: {
      metric_type: 'cpu',
      usage_percent: 37.5,
      cores: 4,
      load_average: { one_minute: 1, five_minutes: 0.5, fifteen_minutes: 0.25 },
    },
    memory: {
      metric_type: 'memory',
      total_bytes: 8 * 1024 ** 3,
      free_bytes: 6 * 1024 ** 3,
      used_bytes: 2 * 1024 ** 3,
      used_percent: 25,
    },
    process: {
      metric_type: 'process',
      pid: 7,
      node_version: 'v26.0.0',
      resident_bytes: 1024 ** 2,
      heap_used_bytes: 512,
      heap_total_bytes: 1024,
      cpu_seconds: 2,
    },
    uptime: {
      metric_type: 'uptime',
      system_seconds: 7200,
      process_seconds: 90,
      server_started_at: '2026-01-01T00:00:00.000Z',
    },
  },
} satisfies AppToolCall

test('a call is a group by its name that says its status and how long it took', () => {
  const html = render(metrics)
  expect(html).toContain('role="group" aria-label="Tool get_system_metrics"')
  expect(html).toContain('Done')
  expect(html).toContain('212 ms')
})

test('system metrics show as meters', () => {
  const html = render(metrics)
  expect(html).toMatch(/role="meter" aria-label="CPU"[^>]*aria-valuenow="37.5"/)
  expect(html).toMatch(/role="meter" aria-label="Memory"[^>]*aria-valuenow="25"/)
  expect(html).toContain('2.0 GiB of 8.0 GiB, 25 %')
  expect(html).toContain('1 min 30 s')
})

test('a profile shows as a card of a person', () => {
  const html = render({
    ...builtin,
    name: 'fetch_user_profile',
    input: {},
    output: {
      user_id: UserId.parse('00000000-0000-4000-8000-000000000002'),
      name: 'Ada Lovelace',
      email: 'ada@example.org',
      account_status: 'active',
      subscription_tier: 'free',
      created_at: '2026-01-01T00:00:00.000Z',
    },
  })
  expect(html).toContain('>AL<')
  expect(html).toContain('>Ada Lovelace<')
  expect(html).toContain('>ada@example.org<')
})

test('a call stored by an earlier version of its tool shows as it was, whatever its shape', () => {
  const { memory: _, ...older } = metrics.output ?? {}
  // The static types do not hold for such a call, and the card says so.
  const html = render({ ...metrics, output: older, untyped: true } as AppToolCall)
  expect(html).not.toContain('role="meter"')
  expect(html).toContain('&quot;usage_percent&quot;: 37.5')
})

test('a tool that nobody here knows shows what it got and gave', () => {
  const html = render({
    id,
    source: 'mcp:files',
    name: 'files__read',
    effect: 'once',
    status: 'completed',
    input: { path: '<b>' },
    output: 'the content',
  })
  expect(html).toContain('&quot;path&quot;: &quot;&lt;b&gt;&quot;')
  expect(html).toContain('the content')
})

test.each([
  ['pending', 'Pending'],
  ['running', 'Running'],
  ['awaiting-approval', 'Waiting for approval'],
  ['failed', 'Failed'],
  ['denied', 'Denied'],
  ['unknown', 'Outcome unknown'],
] as const)('the status %s is said in words, with its reason', (status, words) => {
  const html = render({
    id,
    source: 'mcp:x',
    name: 'x__y',
    effect: 'once',
    status,
    input: {},
    error: 'Because.',
  })
  expect(html).toContain(words)
  expect(html).toContain('Because.')
})

test('a call is one line until it is opened, unless it asks, failed or has a view of its own', () => {
  const external = {
    id,
    source: 'mcp:x',
    name: 'x__send_letter',
    effect: 'once',
    input: {},
    output: 'sent',
  } as const
  const isOpen = (html: string) => /<details open=""[^>]*group\/call"/.test(html)
  expect(isOpen(render({ ...external, status: 'completed' }))).toBe(false)
  expect(isOpen(render({ ...external, status: 'running' }))).toBe(false)
  expect(isOpen(render({ ...external, status: 'failed' }))).toBe(true)
  expect(isOpen(render({ ...external, status: 'awaiting-approval' }))).toBe(true)
  expect(isOpen(render(metrics))).toBe(true)
})

test('a call has the title of its tool, or its name as words', () => {
  const call = { ...metrics, name: 'x__send_letter', source: 'mcp:x' } as AppToolCall
  expect(render(call)).toContain('>Send letter<')
  expect(renderToStaticMarkup(<ToolCard call={call} title="Post a letter" />)).toContain(
    '>Post a letter<',
  )
  expect(render(call)).toContain('aria-label="Tool x__send_letter"')
})
