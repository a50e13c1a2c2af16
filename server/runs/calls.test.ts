import { expect, test } from 'vitest'
import { z } from 'zod'
import type { StoredCall } from '../../db/queries/messages/call-rows.ts'
import { UserId } from '../../shared/contract/ids.ts'
import { defineTool } from '../tools/define.ts'
import { createToolRegistry } from '../tools/registry.ts'
import { begin, carryOut, newCall, recovered } from './calls.ts'

const now = () => '2026-01-02T03:04:05.678Z'

function registry(description: string, effect: 'read' | 'once' = 'once') {
  const pay = defineTool({
    name: 'pay',
    description,
    input: z.object({ amount: z.number() }),
    output: z.object({}),
    effect,
    approval: 'writes',
    execute: async () => ({}),
  })
  return createToolRegistry([pay], { timeoutMs: 1_000 })
}

function asked(tools: ReturnType<typeof registry>, text = '{"amount":5}'): StoredCall {
  const deps = { tools, now, newId: () => crypto.randomUUID() }
  return { ...newCall(deps, { providerId: 'p', name: 'pay', arguments: text }), step: 0, part: 0 }
}

test('a call that writes waits for a person, one that reads begins, one that does not fit has failed', () => {
  expect(asked(registry('Pays')).call.status).toBe('awaiting-approval')
  expect(asked(registry('Pays', 'read')).call).toMatchObject({
    status: 'running',
    startedAt: now(),
  })
  expect(asked(registry('Pays'), '{"amount":"five"}').call).toMatchObject({
    status: 'failed',
    input: { amount: 'five' },
    error: expect.stringContaining('amount'),
  })
})

test.each(['pay', 'no_such_tool'])(
  'arguments nested more deeply than anybody could record fail the call of %s, and the text is kept',
  (name) => {
    const deps = { tools: registry('Pays'), now, newId: () => crypto.randomUUID() }
    const deep = `{"amount":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
    const { call } = newCall(deps, { providerId: 'p', name, arguments: deep })
    expect(call).toMatchObject({ status: 'failed', input: deep })
    expect(JSON.stringify(call).length).toBeLessThan(50_000)
    const fits = `{"amount":${'['.repeat(150)}${']'.repeat(150)}}`
    expect(newCall(deps, { providerId: 'p', name, arguments: fits }).call.input).toEqual(
      JSON.parse(fits),
    )
  },
)

test('an approval is for exactly this tool and these arguments: anything else is asked again (P11)', () => {
  const tools = registry('Pays')
  const stored = asked(tools)
  const approved: StoredCall = { ...stored, call: { ...stored.call, status: 'pending' } }
  expect(begin(approved, { tools, now }).call.status).toBe('running')
  const other = begin(approved, { tools: registry('Pays twice'), now })
  expect(other.call.status).toBe('awaiting-approval')
  expect(other.approvalHash).not.toBe(stored.approvalHash)
  const changed = { ...approved, call: { ...approved.call, input: { amount: 500 } } }
  expect(begin(changed, { tools, now }).call.status).toBe('awaiting-approval')
})

test('after a crash a call that must not start twice is unknown, and any other is taken up (P7)', () => {
  const { call } = asked(registry('Pays', 'read'))
  expect(recovered(call)).toBe(call)
  expect(recovered({ ...call, effect: 'idempotent' }).status).toBe('running')
  expect(recovered({ ...call, effect: 'once' })).toMatchObject({
    status: 'unknown',
    error: expect.stringContaining('not known'),
  })
})

test('a call whose outcome is hidden, and that cannot be tried again, stays one whose outcome is hidden (P7)', async () => {
  const { call } = asked(registry('Pays'))
  const context = { caller: { id: USER, admin: false }, signal: new AbortController().signal }
  const deps = {
    tools: createToolRegistry([], { timeoutMs: 1_000 }),
    files: { load: never, keep: never, settled: never },
    now,
  }
  const running = { ...call, status: 'running' as const }
  expect(await carryOut(running, deps, context)).toMatchObject({ status: 'failed' })
  expect(await carryOut(running, deps, context, true)).toMatchObject({
    status: 'unknown',
    error: expect.stringContaining('still not known'),
  })
})

const USER = UserId.parse(crypto.randomUUID())

async function never(): Promise<never> {
  throw new Error('there are no files')
}
