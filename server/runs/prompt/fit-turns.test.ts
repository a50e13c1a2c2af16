import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelMessage } from '../../model/port.ts'
import { clip } from './clip-text.ts'
import { fitTurns } from './fit-turns.ts'
import type { CountedTurn } from './fit-turns.ts'

/** Counts one token for each character. */
function counted(...turns: ModelMessage[][]): CountedTurn[] {
  return turns.map((messages) => ({
    messages,
    tokens: messages.map((message) =>
      message.role === 'user'
        ? message.text.length
        : message.role === 'tool'
          ? message.output.length
          : message.text.length + message.calls.length,
    ),
  }))
}

const question = (length: number): ModelMessage => ({ role: 'user', text: 'q'.repeat(length) })
const said = (length: number, ...ids: string[]): ModelMessage => ({
  role: 'assistant',
  text: 'a'.repeat(length),
  calls: ids.map((id) => ({ id, name: 'f', arguments: '{}' })),
  providerState: null,
})
const result = (callId: string, length: number): ModelMessage => ({
  role: 'tool',
  callId,
  output: 'r'.repeat(length),
  failed: false,
})

const turn = fc
  .record({
    question: fc.integer({ min: 1, max: 300 }),
    answers: fc.array(
      fc.record({
        text: fc.integer({ min: 0, max: 300 }),
        results: fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ question: length, answers }) => [
    question(length),
    ...answers.flatMap(({ text, results }, step) => [
      said(text, ...results.map((_, call) => `${step}-${call}`)),
      ...results.map((size, call) => result(`${step}-${call}`, size)),
    ]),
  ])

describe('what fits is sent', () => {
  test('whole turns, the newest, with the question always there and no call without its result', () => {
    fc.assert(
      fc.property(
        fc.array(turn, { minLength: 1, maxLength: 15 }),
        fc.integer({ min: 1, max: 60_000 }),
        (turns, room) => {
          const { messages, omitted, tokens } = fitTurns(counted(...turns), room)
          const kept = turns.slice(omitted)
          expect(omitted).toBeLessThan(turns.length)
          expect(messages).toHaveLength(kept.flat().length)
          // Only the results in the turn that is being answered may be clipped.
          const before = kept.slice(0, -1).flat()
          expect(messages.slice(0, before.length)).toEqual(before)
          expect(messages[before.length]).toEqual(kept.at(-1)?.[0])
          const calls = messages.flatMap((message) =>
            message.role === 'assistant' ? message.calls.map(({ id }) => id) : [],
          )
          const results = messages.flatMap((message) =>
            message.role === 'tool' ? [message.callId] : [],
          )
          expect(results).toEqual(calls)
          if (kept.length > 1) {
            expect(tokens).toBeLessThanOrEqual(room)
          }
        },
      ),
    )
  })

  test('all of it when there is room', () => {
    const turns = counted([question(10), said(10)], [question(10)])
    expect(fitTurns(turns, 30)).toMatchObject({ omitted: 0, tokens: 30 })
    expect(fitTurns(turns, 29)).toMatchObject({ omitted: 1, tokens: 10 })
  })

  test('a long result of the turn that is being answered is clipped, with a note, until it fits', () => {
    const [current] = counted([question(10), said(0, 'c1'), result('c1', 50_000)])
    const fitted = fitTurns(current ? [current] : [], 10_000)
    const shown = fitted.messages[2]
    expect(shown).toMatchObject({ role: 'tool', callId: 'c1' })
    const output = shown?.role === 'tool' ? shown.output : ''
    expect(output.length).toBeLessThan(10_000)
    expect(output).toMatch(/of 50000 characters are left out/)
    expect(fitted.tokens).toBeLessThanOrEqual(10_000)
  })

  test('the cut does not move with every turn: a provider knows the beginning it has seen before', () => {
    const cuts = Array.from({ length: 12 }, (_, extra) => {
      const turns = Array.from({ length: 20 + extra }, () => [question(10), said(10)])
      return fitTurns(counted(...turns, [question(10)]), 310).omitted
    })
    expect(new Set(cuts).size).toBeLessThanOrEqual(4)
  })
})

test('a clipped text keeps its beginning and its end, and no half characters', () => {
  const text = `start ${'😀'.repeat(500)} end`
  const clipped = clip(text, 101)
  expect(clipped).toMatch(/^start [^]*characters are left out here[^]* end$/)
  expect(clipped.isWellFormed()).toBe(true)
  expect(clip('short', 5)).toBe('short')
})
