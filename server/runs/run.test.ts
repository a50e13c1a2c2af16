import { describe, expect, test } from 'vitest'
import { CallId } from '../../shared/contract/ids.ts'
import { type RunInput, type RunState, advance, resume } from './run.ts'

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
const answered = (...calls: CallId[]): RunInput => ({ type: 'answered', finish: 'stop', calls })
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
    [
      'carries out the calls of a step',
      asking(0),
      [answered(a, b)],
      { phase: 'calling', step: 0, open: [a, b] },
    ],
    [
      'waits for every call',
      asking(0),
      [answered(a, b), settled(b)],
      { phase: 'calling', step: 0, open: [a] },
    ],
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
    ['fails with the model', asking(4), [{ type: 'failed', error }], ended('failed')],
  ])('%s', (_name, state, inputs, expected) => {
    expect(after(state, inputs)).toEqual(expected)
  })

  test('asks the model at most as often as is set', () => {
    expect(after(asking(0), [answered(a), settled(a)], 1)).toEqual(ended('completed', 'max-steps'))
  })

  test('that was cut goes on where it was: the step, its open calls, or the end', () => {
    const step = { finish: 'stop' }
    expect(resume([], [], 8)).toEqual(asking(0))
    expect(resume([step], [a], 8)).toEqual({ phase: 'calling', step: 0, open: [a] })
    expect(resume([step, step], [], 8)).toEqual(asking(2))
    expect(resume([step, step], [], 2)).toEqual(ended('completed', 'max-steps'))
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
