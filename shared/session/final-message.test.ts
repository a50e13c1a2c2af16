import { expect, test } from 'vitest'
import { CallId } from '../contract/ids.ts'
import type { ToolCall } from '../contract/tool.ts'
import { toFinalCall, toFinalMessage } from './final-message.ts'
import { LogRecorder } from './testing/recorder.ts'

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

test('a copy of an answer has its outcome, or is interrupted, with the text that is only in the log yet', () => {
  const copied = (end: boolean) => {
    const log = new LogRecorder()
    log.say('Hello')
    log.start()
    const { event } = log.views.at(-1) ?? {}
    const before = log.log.length
    log.write('text', 'Hi', false)
    if (end) log.end('completed')
    const answer = event?.messages.at(-1)
    if (!event || !answer) throw new Error('the answer has not begun')
    return toFinalMessage(event.session, answer, log.log.slice(before))
  }
  expect(copied(true)).toMatchObject({ status: 'completed', parts: [{ text: 'Hi' }] })
  expect(copied(false)).toMatchObject({ status: 'interrupted', parts: [{ text: 'Hi' }] })
})
