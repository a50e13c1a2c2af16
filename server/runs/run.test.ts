import { describe, expect, test } from 'vitest'
import { CallId } from '../../shared/contract/ids.ts'
import { advance, resume } from './run.ts'
import type { RunInput, RunState } from './run.ts'

const [a, b] = [CallId.parse(crypto.randomUUID()), CallId.parse(crypto.randomUUID())]
const asking = (step: number): RunState => ({ phase: 'asking', step })
const error = { code: 'provider_cut', message: 'cut', retryable: true } as const
const ended = (
  outcome: 'completed' | 'stopped' | 'failed',
  finish: 'stop' | 'max-steps' | null = null,
): RunState => ({
  phase: 'ended',
  ending: { outcome, finish, error: outcome === 'failed' ? error : null },
})
const answered = (...open: CallId[]): RunInput => ({
  type: 'answered',
  finish: 'stop',
  open,
  awaiting: [],
})
const calling = (open: CallId[], awaiting: CallId[] = []): RunState => ({
  phase: 'calling',
  step: 0,
  open,
  awaiting,
})
const settled = (call: CallId): RunInput => ({ type: 'settled', call })
const after = (state: RunState, inputs: RunInput[], maxSteps = 8) =>
  inputs.reduce((now, input) => advance(now, input, maxSteps), state)

describe('a run', () => {
  test.each<[string, RunState, RunInput[], RunState]>([
    [
      'ends when the model answers without calls',
      asking(0),
      [answered()],
      ended('completed', 'stop'),
    ],
    ['carries out the calls of a step', asking(0), [answered(a, b)], calling([a, b])],
    ['waits for every call', asking(0), [answered(a, b), settled(b)], calling([a])],
    [
      'asks again when all have results',
      asking(2),
      [answered(a, b), settled(b), settled(a)],
      asking(3),
    ],
    ['is stopped while the model is asked', asking(1), [{ type: 'stopped' }], ended('stopped')],
    [
      'that is stopped while calls are open lets them come to an end',
      asking(0),
      [answered(a, b), { type: 'stopped' }, settled(a), { type: 'stopped' }],
      { phase: 'stopping', open: [b] },
    ],
    [
      'that was stopped ends with its last call',
      asking(0),
      [answered(a, b), { type: 'stopped' }, settled(a), settled(b)],
      ended('stopped'),
    ],
    [
      'waits for a person when nothing else is left to do (P11)',
      calling([a], [b]),
      [settled(a)],
      { phase: 'waiting', step: 0, awaiting: [b] },
    ],
    [
      'goes on with a call that was approved',
      { phase: 'waiting', step: 0, awaiting: [b] },
      [{ type: 'approved', call: b }],
      calling([b]),
    ],
    [
      'goes on when the last call was denied',
      { phase: 'waiting', step: 0, awaiting: [b] },
      [settled(b)],
      asking(1),
    ],
    [
      'asks a person again when what was approved has changed',
      calling([b]),
      [{ type: 'asked-again', call: b }],
      { phase: 'waiting', step: 0, awaiting: [b] },
    ],
    [
      'that waits for a person is stopped with what waits',
      calling([a], [b]),
      [{ type: 'stopped' }],
      { phase: 'stopping', open: [a, b] },
    ],
    ['fails with the model', asking(4), [{ type: 'failed', error }], ended('failed')],
  ])('%s', (_name, state, inputs, expected) => {
    expect(after(state, inputs)).toEqual(expected)
  })

  test('asks the model at most as often as is set', () => {
    expect(after(asking(0), [answered(a), settled(a)], 1)).toEqual(ended('completed', 'max-steps'))
  })

  test('that was cut goes on where it was: the step, its open calls, or the end', () => {
    expect(resume(0, [], [], 8)).toEqual(asking(0))
    expect(resume(1, [a], [b], 8)).toEqual(calling([a], [b]))
    expect(resume(1, [], [b], 8)).toEqual({ phase: 'waiting', step: 0, awaiting: [b] })
    expect(resume(2, [], [], 8)).toEqual(asking(2))
    expect(resume(2, [], [], 2)).toEqual(ended('completed', 'max-steps'))
  })

  test('that has ended takes nothing more (P9)', () => {
    for (const input of [
      answered(),
      settled(a),
      { type: 'stopped' },
      { type: 'failed', error },
    ] satisfies RunInput[]) {
      expect(() => advance(ended('stopped'), input, 8)).toThrow(/ended cannot be/)
    }
  })
})
