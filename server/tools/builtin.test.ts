import { cpus, totalmem } from 'node:os'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { SessionId, UserId } from '../../shared/contract/ids.ts'
import { BUILTIN_TOOL_NAMES } from './builtin-names.ts'
import { builtinTools } from './builtin.ts'
import type { BuiltinToolCall } from './builtin.ts'
import type { Profile } from './fetch-user-profile.ts'
import { createToolRegistry } from './registry.ts'

const ada = UserId.parse('0191d6a0-0000-7000-8000-000000000001')
const bob = UserId.parse('0191d6a0-0000-7000-8000-000000000002')
const nobody = UserId.parse('0191d6a0-0000-7000-8000-000000000003')

const sessionId = SessionId.parse('0191d6a0-0000-7000-8000-000000000004')

const profiles: Profile[] = [
  {
    id: ada,
    name: 'Ada',
    email: null,
    accountStatus: 'active',
    subscriptionTier: 'local',
    createdAt: '2026-01-02T03:04:05.678Z',
  },
  {
    id: bob,
    name: 'Bob',
    email: 'bob@example.com',
    accountStatus: 'suspended',
    subscriptionTier: 'pro',
    createdAt: '2026-01-02T03:04:05.678Z',
  },
]

const tools = createToolRegistry(
  builtinTools({
    loadProfile: async (id) => profiles.find((profile) => profile.id === id) ?? null,
    search: async (userId, query, limit) => [
      { sessionId, messageId: null, title: `${query} ${limit}`, snippet: userId },
    ],
    loadFile: async (userId) =>
      userId === ada ? { name: 'notes.txt', text: 'The tide 🌊 comes', isRead: true } : null,
    now: () => Date.parse('2026-03-29T01:30:00.000Z'),
    images: { approval: 'writes', make: async () => Promise.reject(new Error('No picture.')) },
    fetchUrls: true,
  }),
  { timeoutMs: 60_000 },
)

function execute(name: string, input: unknown, caller = { id: ada, admin: false }) {
  const signal = new AbortController().signal
  return tools.execute(name, input, { caller, callId: 'call', signal })
}

async function metrics(metric_type: string): Promise<unknown> {
  const outcome = await execute('get_system_metrics', { metric_type })
  expect(outcome).toMatchObject({ ok: true, output: { metric_type } })
  return outcome.ok ? outcome.output : null
}

test('all but the one that costs money are read-only and need no approval', () => {
  const shown = tools.list().map(({ name, effect, approval }) => ({ name, effect, approval }))
  expect(shown).toEqual([
    { name: 'get_system_metrics', effect: 'read', approval: 'never' },
    { name: 'fetch_user_profile', effect: 'read', approval: 'never' },
    { name: 'search_sessions', effect: 'read', approval: 'never' },
    { name: 'read_file', effect: 'read', approval: 'never' },
    { name: 'current_time', effect: 'read', approval: 'never' },
    { name: 'create_image', effect: 'once', approval: 'writes' },
    { name: 'fetch_url', effect: 'read', approval: 'never' },
  ])
})

test('memory is what this machine, or its container, really has', async () => {
  const { number } = z
  const Memory = z.object({ total_bytes: number(), free_bytes: number(), used_bytes: number() })
  const memory = Memory.parse(await metrics('memory'))
  expect(memory.total_bytes).toBeGreaterThan(2 ** 20)
  expect(memory.total_bytes).toBeLessThanOrEqual(totalmem())
  expect(memory.free_bytes + memory.used_bytes).toBe(memory.total_bytes)
})

test('the processors’ use rises with work', async () => {
  const busy = new AbortController()
  const work = (): void => {
    if (busy.signal.aborted) return
    for (const end = performance.now() + 20; performance.now() < end;);
    setImmediate(work)
  }
  work()
  const cpu = z.object({ usage_percent: z.number() }).parse(await metrics('cpu'))
  busy.abort()
  // One processor was busy nearly all the time.
  expect(cpu.usage_percent).toBeGreaterThan(50 / cpus().length)
})

test('the process is this one, and "all" is every reading at once', async () => {
  expect(await metrics('process')).toMatchObject({
    pid: process.pid,
    node_version: process.version,
  })
  const uptime = z.object({ process_seconds: z.number() }).parse(await metrics('uptime'))
  expect(Math.abs(uptime.process_seconds - process.uptime())).toBeLessThan(5)
  expect(await metrics('all')).toMatchObject({
    cpu: { metric_type: 'cpu' },
    memory: { metric_type: 'memory' },
    process: { pid: process.pid },
    uptime: { metric_type: 'uptime' },
  })
})

test('an unknown metric is answered by those there are', async () => {
  const outcome = await execute('get_system_metrics', { metric_type: 'disk' })
  expect(outcome).toMatchObject({
    kind: 'bad-arguments',
    error: expect.stringMatching(/metric_type.*"cpu"/),
  })
})

test('the profile is the caller’s own unless another is asked for', async () => {
  const own = {
    user_id: ada,
    name: 'Ada',
    email: null,
    account_status: 'active',
    subscription_tier: 'local',
    created_at: '2026-01-02T03:04:05.678Z',
  }
  expect(await execute('fetch_user_profile', {})).toEqual({ ok: true, output: own })
  expect(await execute('fetch_user_profile', { user_id: ada })).toEqual({ ok: true, output: own })
})

test('only an administrator gets another person’s profile (P10)', async () => {
  expect(await execute('fetch_user_profile', { user_id: bob })).toMatchObject({
    ok: false,
    kind: 'failed',
    error: expect.stringContaining('administrator'),
  })
  const admin = { id: ada, admin: true }
  expect(await execute('fetch_user_profile', { user_id: bob }, admin)).toMatchObject({
    ok: true,
    output: { name: 'Bob', account_status: 'suspended' },
  })
  expect(await execute('fetch_user_profile', { user_id: nobody }, admin)).toMatchObject({
    ok: false,
    error: expect.stringContaining(nobody),
  })
})

test('the time is told in UTC and in the zone that is asked for, across its changes', async () => {
  expect(await execute('current_time', { time_zone: 'Europe/Berlin' })).toEqual({
    ok: true,
    output: {
      utc: '2026-03-29T01:30:00.000Z',
      time_zone: 'Europe/Berlin',
      local: '2026-03-29T03:30:00+02:00',
      weekday: 'Sunday',
    },
  })
  expect(await execute('current_time', {})).toMatchObject({
    output: { local: '2026-03-29T01:30:00+00:00', time_zone: 'UTC' },
  })
  expect(await execute('current_time', { time_zone: 'America/St_Johns' })).toMatchObject({
    output: { local: '2026-03-28T23:00:00-02:30', weekday: 'Saturday' },
  })
  expect(await execute('current_time', { time_zone: 'Mars/Base' })).toMatchObject({
    kind: 'bad-arguments',
    error: expect.stringContaining('time_zone'),
  })
})

test('conversations are searched as the one who asks, and no other (P10)', async () => {
  const found = await execute('search_sessions', { query: ' roses ' }, { id: bob, admin: true })
  expect(found).toEqual({
    ok: true,
    output: {
      results: [{ session_id: sessionId, message_id: null, title: 'roses 8', snippet: bob }],
    },
  })
  expect(await execute('search_sessions', { query: '' })).toMatchObject({ kind: 'bad-arguments' })
})

test('a file is read on in parts, as the one who asks, and no other (P10, P16)', async () => {
  const file = '00000000-0000-4000-8000-00000000000f'
  const read = (from?: number, to?: number) => execute('read_file', { file, from, to })
  const whole = { name: 'notes.txt', length: 17 }
  expect(await read()).toEqual({
    ok: true,
    output: { ...whole, text: 'The tide 🌊 comes', from: 0, to: 17 },
  })
  expect(await read(4, 8)).toMatchObject({ output: { text: 'tide', from: 4, to: 8 } })
  // In the middle of a pair of surrogates.
  expect(await read(0, 10)).toMatchObject({ output: { text: 'The tide \uFFFD' } })
  expect(await read(17)).toMatchObject({ ok: false, error: expect.stringContaining('17') })
  expect(await execute('read_file', { file }, { id: bob, admin: true })).toMatchObject({
    ok: false,
    error: 'There is no such file, or it was deleted.',
  })
})

test('the name of a call narrows its input and output', () => {
  expectTypeOf<BuiltinToolCall['name']>().toEqualTypeOf<
    | 'get_system_metrics'
    | 'fetch_user_profile'
    | 'search_sessions'
    | 'read_file'
    | 'current_time'
    | 'create_image'
    | 'fetch_url'
  >()
  type Metrics = Extract<BuiltinToolCall, { name: 'get_system_metrics' }>
  expectTypeOf<Metrics['input']>().toEqualTypeOf<{
    metric_type: 'cpu' | 'memory' | 'process' | 'uptime' | 'all'
  }>()
  const read = (call: BuiltinToolCall): number | string | null | undefined => {
    if (call.name === 'fetch_user_profile') return call.output?.email
    if (call.name !== 'get_system_metrics') return call.name
    return call.output?.metric_type === 'memory' ? call.output.used_percent : undefined
  }
  expectTypeOf(read).returns.toEqualTypeOf<number | string | null | undefined>()
  // @ts-expect-error only the profile has an email
  expectTypeOf<Metrics['output']>().toHaveProperty('email')
})

test('the setting that chooses among them knows each by its name', () => {
  expect(tools.list().map(({ name }) => name)).toEqual(BUILTIN_TOOL_NAMES)
})
