import { expect, test } from 'vitest'
import type { ChunkEvent, SessionEvent } from '../../../shared/contract/events.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { PlainFrame, PlainState } from './plain-frames.ts'
import { stateAfter, translate } from './plain-frames.ts'

test('an answer that another node does again is begun again, with what was kept', () => {
  const frames = translateAll(
    start(1, []),
    chunk(0, 'a', 0, 'Hello wor'),
    start(2, [{ type: 'text', text: 'Hello' }]),
    chunk(0, 'a', 5, ' there'),
  )
  expect(kinds(frames)).toEqual(['start a', 'Hello wor', 'start a', 'Hello', ' there'])
})

test('text that the log repeats is said once', () => {
  const frames = translateAll(
    start(1, []),
    chunk(0, 'a', 0, 'Hello'),
    chunk(0, 'a', 0, 'Hello wor'),
    chunk(0, 'a', 5, ' world'),
  )
  expect(kinds(frames)).toEqual(['start a', 'Hello', ' wor', 'ld'])
})

test('reasoning is not part of the answer', () => {
  const thought = { ...chunk(0, 'a', 0, 'Hm'), kind: 'reasoning' } as const
  expect(kinds(translateAll(start(1, []), thought, chunk(1, 'a', 0, 'Yes')))).toEqual([
    'start a',
    'Yes',
  ])
})

test('a snapshot in between adds only what is missing, and ends what has ended', () => {
  const ended = message('a', 'completed', [{ type: 'text', text: 'Hello' }])
  const next = message('b', 'running', [{ type: 'text', text: 'Next' }])
  const frames = translateAll(
    start(1, []),
    chunk(0, 'a', 0, 'Hel'),
    snapshot([ended, next]),
    chunk(0, 'b', 4, '!'),
  )
  expect(kinds(frames)).toEqual(['start a', 'Hel', 'lo', 'completed a', 'start b', 'Next', '!'])
})

test('a failed answer says why', () => {
  const error = {
    code: 'provider_rate_limit',
    message: 'Too many requests.',
    retryable: true,
  } as const
  const frames = translateAll(start(1, []), { ...end('a'), outcome: 'failed', error })
  expect(frames.at(-1)).toMatchObject({ outcome: 'failed', error: { code: 'provider_rate_limit' } })
})

test('a call that is told of again says nothing of the text between it and where the client was', () => {
  const [first, second] = [call('first'), call('second')]
  const [paid, one] = ['Paid.', 'One, two'].map((text) => ({ type: 'text' as const, text }))
  // Ids are short here, for their brands are of no matter to the translation.
  const last = chunk(3, 'a', 0, 'One,') as ChunkEvent
  const frames = translateFrom(
    stateAfter(last),
    { type: 'tool', messageId: 'a', part: 0, call: first.call },
    chunk(3, 'a', 4, ' two'),
    snapshot([{ ...message('a', 'running', []), parts: [first, paid, second, one] }]),
  )
  expect(kinds(frames)).toEqual([
    ...['tool_call', 'tool_result', ' two', 'start a', 'Paid.'],
    ...['tool_call', 'tool_result', 'One, two'],
  ])
})

function translateAll(...events: unknown[]): PlainFrame[] {
  return translateFrom(null, ...events)
}

function translateFrom(was: PlainState, ...events: unknown[]): PlainFrame[] {
  let state = was
  const frames: PlainFrame[] = []
  for (const [index, event] of events.entries()) {
    // Ids are short here, for their brands are of no matter to the translation.
    const translated = translate(state, index, event as SessionEvent)
    state = translated.state
    frames.push(...translated.frames)
  }
  return frames
}

function kinds(frames: PlainFrame[]): string[] {
  return frames.map((frame) => {
    if (frame.type === 'ai_response_start') return `start ${frame.message_id}`
    if (frame.type === 'ai_response_end') return `${frame.outcome} ${frame.message_id}`
    return frame.type === 'ai_response_chunk' ? frame.content : frame.type
  })
}

function message(id: string, status: Message['status'], parts: Message['parts']) {
  return { id, role: 'assistant', status, parts, error: null }
}

function start(attempt: number, parts: Message['parts']) {
  return {
    type: 'start',
    messageId: 'a',
    message: message('a', 'running', parts),
    attempt,
    keepParts: parts.length,
  }
}

function chunk(part: number, messageId: string, offset: number, text: string) {
  return { type: 'chunk', messageId, part, kind: 'text', offset, text }
}

function call(id: string) {
  return { type: 'tool', call: { id, name: 'pay', status: 'completed', input: {}, output: 'x' } }
}

function snapshot(messages: unknown[]) {
  return { type: 'snapshot', session: {}, messages, hasOlder: false }
}

function end(messageId: string) {
  return {
    type: 'end',
    runId: 'r',
    messageId,
    outcome: 'completed',
    finish: 'stop',
    usage: null,
    error: null,
  }
}
