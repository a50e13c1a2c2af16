import { expect, test } from 'vitest'
import { CallId, MessageId } from '../../../shared/contract/ids.ts'
import { MAX_TEXT_LENGTH } from '../../../shared/contract/message.ts'
import type { AppPart } from '../../../shared/client/index.ts'
import { waitsWords } from './answer/waits-text.tsx'
import { announcement } from './answer/announcement.ts'
import { LONGEST_TEXT, tooLong } from './composer/text-limit.ts'
import { inOrder, messageText, stepsOf } from './steps.ts'
import { sameTurns, turnsOf } from './conversation/turns.ts'

const user = (id: string) => ({ id, role: 'user' as const })
const assistant = (id: string) => ({ id, role: 'assistant' as const })

test('a turn is a message of the person with the answers to it', () => {
  expect(turnsOf([user('a'), assistant('b'), user('c'), assistant('d')], [])).toEqual([
    { key: 'a', messageIds: ['a', 'b'], answerId: 'b', joined: [] },
    { key: 'c', messageIds: ['c', 'd'], answerId: 'd', joined: [] },
  ])
})

test('what joined an answer is in its turn, and the answer is its newest', () => {
  const joined = { ...user('c'), joinedPart: 1 }
  expect(turnsOf([user('a'), assistant('b'), joined, user('d')], [])).toEqual([
    {
      key: 'a',
      messageIds: ['a', 'b', 'c'],
      answerId: 'b',
      joined: [{ id: 'c', answerId: 'b', part: 1 }],
    },
    { key: 'd', messageIds: ['d'], answerId: null, joined: [] },
  ])
})

test('what joined an answer that is on an older page stands by itself', () => {
  const [turn] = turnsOf([{ ...user('c'), joinedPart: 1 }, assistant('d')], [])
  expect(turn).toEqual({ key: 'c', messageIds: ['c', 'd'], answerId: 'd', joined: [] })
})

test('a page that begins with an answer loses nothing', () => {
  expect(turnsOf([assistant('b'), user('c')], []).map(({ messageIds }) => messageIds)).toEqual([
    ['b'],
    ['c'],
  ])
})

test('a message on its way shows once, also when the log has it before the send is answered', () => {
  expect(turnsOf([user('a')], ['a', 'b']).map(({ key }) => key)).toEqual(['a', 'b'])
})

test('turns are the same when they hold the same messages', () => {
  expect(sameTurns(turnsOf([user('a')], []), turnsOf([], ['a']))).toBe(true)
  expect(sameTurns(turnsOf([user('a')], []), turnsOf([user('a'), assistant('b')], []))).toBe(false)
})

const text = (value: string): AppPart => ({ type: 'text', text: value })
const tool = (): AppPart => ({
  type: 'tool',
  call: {
    id: CallId.parse(crypto.randomUUID()),
    name: 'a__b',
    source: 'mcp:a',
    effect: 'read',
    status: 'completed',
    input: {},
  },
})

test('a step is what the model said and the calls it made', () => {
  const parts = [tool(), tool(), text('one'), tool(), text('two')]
  expect(stepsOf(parts).map((step) => step.map(({ index }) => index))).toEqual([
    [0, 1],
    [2, 3],
    [4],
  ])
})

test('copying a message gives its text alone', () => {
  expect(messageText([{ type: 'reasoning', text: 'hm' }, text('one\n'), tool(), text('two')])).toBe(
    'one\n\n\ntwo',
  )
})

const answer = (
  status: 'running' | 'waiting' | 'completed' | 'failed',
  id = '00000000-0000-4000-8000-000000000001',
) => ({
  id: MessageId.parse(id),
  status,
  error: null,
})

test('an answer is announced when it begins and when it ends', () => {
  expect(announcement(null, answer('running'))).toBe('Assistant is answering')
  expect(announcement(answer('running'), answer('running'))).toBeNull()
  expect(announcement(answer('running'), answer('completed'))).toBe('Answer complete')
  expect(announcement(answer('running'), answer('failed'))).toMatch(/^Answer failed/)
})

test('an answer that was over before the page opened is not announced', () => {
  expect(announcement(undefined, answer('completed'))).toBeNull()
  expect(announcement(undefined, answer('running'))).toBe('Assistant is answering')
})

test('an answer so quick that nobody saw it running is announced all the same', () => {
  expect(announcement(null, answer('completed'))).toBe('Answer complete')
})

const asked = (last: string) => ({
  id: CallId.parse(`00000000-0000-4000-8000-00000000000${last}`),
  name: 'send_letter',
})

test('each call that waits for an approval is announced once, also to whoever comes later', () => {
  const words = 'Assistant waits for your approval to use send_letter'
  const first = { ...answer('running'), asked: asked('1') }
  expect(announcement(answer('running'), first)).toBe(words)
  expect(announcement(undefined, first)).toBe(words)
  expect(announcement(first, { ...first, status: 'waiting' })).toBeNull()
  expect(announcement(first, { ...first, asked: asked('2') })).toBe(words)
  expect(announcement(first, answer('running'))).toBe('Assistant is answering')
})

test('a text is refused here exactly when the server would refuse it', () => {
  expect(LONGEST_TEXT).toBe(MAX_TEXT_LENGTH)
  expect(tooLong('a'.repeat(LONGEST_TEXT))).toBeNull()
  expect(tooLong('a'.repeat(LONGEST_TEXT + 1))).toContain('200,001 characters')
})

test('what joined an answer stands before the part that was written next, and text is not joined across it', () => {
  const parts = [text('one'), tool(), text('two'), text('three')]
  const order = (joined: { id: string; part: number }[]) =>
    inOrder(parts, joined).map((one) =>
      'said' in one ? one.said.id : one.step.map(({ index, last }) => `${index}-${last}`).join(),
    )
  expect(order([])).toEqual(['0-0,1-1', '2-3'])
  expect(order([{ id: 'a', part: 2 }])).toEqual(['0-0,1-1', 'a', '2-3'])
  expect(
    order([
      { id: 'a', part: 2 },
      { id: 'b', part: 2 },
      { id: 'c', part: 3 },
    ]),
  ).toEqual(['0-0,1-1', 'a', 'b', '2-2', 'c', '3-3'])
  // The step that it joined has said nothing yet.
  expect(order([{ id: 'a', part: 4 }])).toEqual(['0-0,1-1', '2-3', 'a'])
})

test('what an answer waits for is said in words, and for how long', () => {
  const now = Date.parse('2026-03-29T12:00:00.000Z')
  const wait = { code: 'provider_rate_limit', until: '2026-03-29T12:00:07.400Z', retry: 1 }
  expect(waitsWords(wait, now)).toBe(
    'The provider takes no more requests just now. Asking again in 8 s…',
  )
  expect(waitsWords({ ...wait, code: 'provider_error', retry: 2 }, now + 9_000)).toBe(
    'The model’s server is in trouble. Asking again (try 3)…',
  )
})
