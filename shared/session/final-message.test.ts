import { expect, test } from 'vitest'
import { CallId } from '../contract/ids.ts'
import type { ToolCall } from '../contract/tool.ts'
import { toFinalCall } from './final-message.ts'

const call: ToolCall = {
  id: CallId.parse('019a0000-0000-7000-8000-000000000000'),
  name: 'send_mail',
  source: 'builtin',
  effect: 'once',
  status: 'completed',
  input: {},
  output: { sent: true },
}

test('a copy of a call never waits for anybody, and says unknown of what may have happened', () => {
  const statusOf = (change: Partial<ToolCall>) => toFinalCall({ ...call, ...change }).status
  expect(toFinalCall(call)).toEqual(call)
  expect(statusOf({ status: 'denied' })).toBe('denied')
  expect(statusOf({ status: 'pending' })).toBe('failed')
  expect(statusOf({ status: 'awaiting-approval' })).toBe('failed')
  expect(statusOf({ status: 'running' })).toBe('unknown')
  expect(statusOf({ status: 'running', effect: 'idempotent' })).toBe('failed')
})
