import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LoggedEvent } from '../contract/events.ts'
import { MessageId } from '../contract/ids.ts'
import { joinChunks, mergeChunks } from './merge.ts'
import { recordedLogs } from './testing/logs.ts'

function texts(events: readonly LoggedEvent[]): string[] {
  return events.flatMap(({ event }) => (event.type === 'chunk' ? [event.text] : []))
}

test('merging loses no text and ends at the same seq, in rising order (P1)', () => {
  fc.assert(
    fc.property(recordedLogs, fc.nat(20), ({ log }, maxLength) => {
      const merged = mergeChunks(log, maxLength)
      expect(texts(merged).join('')).toBe(texts(log).join(''))
      expect(merged.at(-1)?.seq).toBe(log.at(-1)?.seq)
      const seqs = merged.map(({ seq }) => seq)
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
    }),
  )
})

test('no merged chunk is longer than asked, and none splits a surrogate pair', () => {
  fc.assert(
    fc.property(recordedLogs, fc.integer({ min: 8, max: 40 }), ({ log }, maxLength) => {
      const longest = Math.max(maxLength, ...texts(log).map((text) => text.length))
      for (const text of texts(mergeChunks(log, maxLength))) {
        expect(text.length).toBeLessThanOrEqual(longest)
        expect(text.isWellFormed()).toBe(true)
      }
    }),
  )
})

test('without a limit, no two neighbours could still be merged', () => {
  fc.assert(
    fc.property(recordedLogs, ({ log }) => {
      const merged = mergeChunks(log)
      expect(mergeChunks(merged)).toEqual(merged)
      for (const [index, { event }] of merged.entries()) {
        const next = merged[index + 1]?.event
        if (event.type !== 'chunk' || next?.type !== 'chunk') continue
        expect([next.messageId, next.part]).not.toEqual([event.messageId, event.part])
      }
    }),
  )
})

test('only what continues the same part of the same message is joined', () => {
  const id = (last: number): MessageId =>
    MessageId.parse(`019a0000-0000-7000-8000-00000000000${last}`)
  const first = {
    type: 'chunk',
    messageId: id(1),
    part: 0,
    kind: 'text',
    offset: 0,
    text: 'a',
  } as const
  const second = { ...first, offset: 1, text: 'b' }
  expect(joinChunks(first, second)).toEqual({ ...first, text: 'ab' })
  expect(joinChunks(first, { ...second, part: 1 })).toBeNull()
  expect(joinChunks(first, { ...second, messageId: id(2) })).toBeNull()
  expect(joinChunks(first, { ...second, kind: 'reasoning' })).toBeNull()
  expect(joinChunks(first, { ...second, offset: 0 })).toBeNull()
  expect(joinChunks(first, { ...second, offset: 2 })).toBeNull()
})

test('a pair that a writer cut in two is joined although the limit is reached', () => {
  const [high, low] = ['\ud83d', '\ude00']
  const base = { type: 'chunk', part: 0, kind: 'text' } as const
  const messageId = MessageId.parse('019a0000-0000-7000-8000-000000000000')
  const events: LoggedEvent[] = [
    { seq: 1, event: { ...base, messageId, offset: 0, text: high } },
    { seq: 2, event: { ...base, messageId, offset: 1, text: low } },
  ]
  expect(texts(mergeChunks(events, 1))).toEqual(['😀'])
})
