import { jsonEncoder } from '@trpc/server/adapters/ws'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { watchedFrame } from './watched-frame.ts'

/** The way tRPC's adapter serializes a tracked event. */
const answerOf = (id: number, place: string, event: object) => ({
  id,
  jsonrpc: undefined,
  result: { type: 'data', data: { id: place, data: event }, id: place },
})

test('the shared frame of a watched event is byte for byte what tRPC sends, the first time and again', () => {
  const events = fc.record({
    type: fc.constantFrom('chunk', 'end', 'session', 'tool', 'snapshot'),
    text: fc.string({ unit: 'binary' }),
    rest: fc.jsonValue(),
  })
  fc.assert(
    fc.property(fc.nat(), fc.string(), events, (id, place, event) => {
      for (const reader of [id, id + 1]) {
        const answer = answerOf(reader, place, event)
        expect(watchedFrame(answer)).toBe(jsonEncoder.encode(answer))
      }
    }),
  )
})

test('whatever is no watched event is left to tRPC', () => {
  const event = { type: 'chunk' }
  for (const answer of [
    { id: 1, result: { type: 'started' } },
    { id: 1, result: { type: 'data', data: event } },
    { id: 1, result: { type: 'data', data: null } },
    { id: 1, error: { code: -1 } },
    { ...answerOf(1, '5', event), jsonrpc: '2.0' },
    { ...answerOf(1, '5', event), id: 'one' },
  ]) {
    expect(watchedFrame(answer)).toBeNull()
  }
})
