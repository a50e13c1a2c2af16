import { expect, test } from 'vitest'
import type { ModelDelta, ModelPort } from '../port.ts'
import { safeStream } from './safe-stream.ts'
import { stepOf } from '../testing/collect.ts'

const broken = new Error('broken')
const PORTS: Record<string, ModelPort['stream']> = {
  'that throws at once': () => {
    throw broken
  },
  'that throws before its first delta': async function* () {
    yield* await Promise.reject<ModelDelta[]>(broken)
  },
  'that throws in the middle': async function* () {
    yield { type: 'text', text: 'Hello' }
    throw broken
  },
  'that ends without an ending': async function* () {
    yield { type: 'text', text: 'Hello' }
  },
}

test.each(Object.keys(PORTS))(
  'a port %s ends the step once, as internal, with a reason',
  async (name) => {
    const thrown: unknown[] = []
    const deltas: ModelDelta[] = []
    const stream = PORTS[name] ?? (() => expect.fail())
    const signal = new AbortController().signal
    for await (const delta of safeStream({ stream }, stepOf('hi'), signal, (error) =>
      thrown.push(error),
    )) {
      deltas.push(delta)
    }
    expect(deltas.filter(({ type }) => type === 'error' || type === 'finish')).toEqual([
      {
        type: 'error',
        error: { code: 'internal', message: expect.stringMatching(/\w/), retryable: true },
      },
    ])
    expect(thrown).toEqual(name.includes('throws') ? [broken] : [])
  },
)

test('what an aborted port throws is no failure', async () => {
  const signal = AbortSignal.abort()
  const stream: ModelPort['stream'] = () => {
    throw broken
  }
  for await (const _ of safeStream({ stream }, stepOf('hi'), signal, () => expect.fail())) {
    expect.fail()
  }
})
