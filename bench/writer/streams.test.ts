import { expect, test, vi } from 'vitest'
import { SessionId } from '../../shared/contract/ids.ts'
import { newId } from '../../shared/contract/new-id.ts'
import { joinChunks } from '../../shared/session/merge.ts'
import { Samples } from '../measure/distribution.ts'
import { Stream, sendPaced } from './streams.ts'

const createStream = (most = 1000) => new Stream(SessionId.parse(newId()), most)

test('each token of a merged chunk counts, from its own sending', () => {
  const stream = createStream()
  const merged = joinChunks(stream.next(100), stream.next(120))
  const latencies = new Samples()
  if (merged) stream.receive(merged, 130, 0, latencies)
  expect(stream.received).toBe(2)
  expect(latencies.distribution()).toEqual({ count: 2, p50: 10, p95: 30, p99: 30, max: 30 })
})

test('tokens of the warm-up arrive but are not measured', () => {
  const stream = createStream()
  const latencies = new Samples()
  stream.receive(stream.next(100), 105, 110, latencies)
  stream.receive(stream.next(120), 125, 110, latencies)
  expect(stream.received).toBe(2)
  expect(latencies.distribution().count).toBe(1)
})

test('a token that is missing ends the benchmark', () => {
  const stream = createStream()
  stream.next(100)
  expect(() => stream.receive(stream.next(120), 125, 0, new Samples())).toThrow('0 tokens')
})

test('streams are sent at fifty tokens a second each, and never more than they hold', async () => {
  const streams = [createStream(), createStream(), createStream(5)]
  const lateness = new Samples()
  // On a busy machine the last tokens of the time are not sent, so the clock is the test's.
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  try {
    const sending = sendPaced(streams, 500, () => {}, lateness)
    await vi.advanceTimersByTimeAsync(500)
    await sending
  } finally {
    vi.useRealTimers()
  }
  for (const { sent } of streams.slice(0, 2)) {
    expect(sent).toBeGreaterThanOrEqual(24)
    expect(sent).toBeLessThanOrEqual(25)
  }
  expect(streams[2]?.sent).toBe(5)
  expect(lateness.distribution().count).toBe(streams.reduce((sum, { sent }) => sum + sent, 0))
})

test('a way that throws ends the sending with its error', async () => {
  const send = () => {
    throw new Error('no room')
  }
  await expect(sendPaced([createStream()], 1000, send, new Samples())).rejects.toThrow('no room')
})
