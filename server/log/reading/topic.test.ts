import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import type { ChunkEvent } from '../../../shared/contract/events.ts'
import { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import { Hub } from './hub.ts'

const sessionId = SessionId.parse('00000000-0000-7000-8000-000000000001')
const messageId = MessageId.parse('00000000-0000-7000-8000-000000000002')
const chunk = (offset: number): ChunkEvent => ({
  type: 'chunk',
  messageId,
  part: 0,
  kind: 'text',
  offset,
  text: 'x',
})

test('a reader listens to its signal once, however many events it waits for, and leaves nothing behind', async () => {
  const hub = new Hub()
  const { signal } = new AbortController()
  {
    using subscription = hub.subscribe(sessionId, signal)
    subscription.reached(0)
    for (let seq = 1; seq <= 1_000; seq += 1) {
      const changed = subscription.changed(seq - 1)
      hub.publish(sessionId, [{ seq, event: chunk(seq - 1) }])
      await changed
      expect(subscription.since(seq - 1)).toHaveLength(1)
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('readers at the same place get the same list, and each what it lacks', () => {
  const hub = new Hub()
  const { signal } = new AbortController()
  using first = hub.subscribe(sessionId, signal)
  using second = hub.subscribe(sessionId, signal)
  first.reached(0)
  hub.publish(sessionId, [
    { seq: 1, event: chunk(0) },
    { seq: 2, event: chunk(1) },
  ])
  expect(first.since(0)).toBe(second.since(0))
  expect(first.since(1)?.map(({ seq }) => seq)).toEqual([2])
  hub.publish(sessionId, [{ seq: 3, event: chunk(2) }])
  expect(first.since(1)?.map(({ seq }) => seq)).toEqual([2, 3])
})

test('a reader that leaves while it waits is let go', async () => {
  const leave = new AbortController()
  using subscription = new Hub().subscribe(sessionId, leave.signal)
  const changed = subscription.changed(0)
  leave.abort()
  await changed
  await subscription.changed(0)
})

test('what this node commits behind the events of another is known to its end, and the gap is read', () => {
  const hub = new Hub()
  const { signal } = new AbortController()
  using subscription = hub.subscribe(sessionId, signal)
  expect(hub.places()).toEqual([])
  subscription.reached(1)
  expect(hub.places()).toEqual([{ sessionId, after: 1 }])
  hub.publish(sessionId, [
    { seq: 5, event: chunk(4) },
    { seq: 6, event: chunk(5) },
  ])
  expect(hub.places()).toEqual([{ sessionId, after: 6 }])
  // The events 2 to 4 are in the database only.
  expect(subscription.since(1)).toBeNull()
  expect(subscription.since(4)?.map(({ seq }) => seq)).toEqual([5, 6])
  hub.publish(sessionId, [{ seq: 7, event: chunk(6) }])
  expect(subscription.since(4)?.map(({ seq }) => seq)).toEqual([5, 6, 7])
})

test('a reader that is full after some of a long list reads on behind that (P12)', async () => {
  const hub = new Hub()
  const { signal } = new AbortController()
  using subscription = hub.subscribe(sessionId, signal)
  subscription.reached(0)
  const given: number[] = []
  const live = {
    get full() {
      return given.length > 0
    },
    send: (events: readonly { seq: number }[]) => void given.push(...events.map(({ seq }) => seq)),
  }
  const changed = subscription.changed(0, live)
  const long = 'x'.repeat(40_000)
  hub.publish(
    sessionId,
    [1, 2, 3, 4].map((seq) => ({ seq, event: { ...chunk(seq), part: seq, text: long } })),
  )
  expect(given).toEqual([1, 2])
  expect(await changed).toBe(2)
  expect(subscription.since(2)?.map(({ seq }) => seq)).toEqual([3, 4])
})

test('of long events fewer are kept', async () => {
  const hub = new Hub()
  const { signal } = new AbortController()
  using subscription = hub.subscribe(sessionId, signal)
  subscription.reached(0)
  for (let seq = 1; seq <= 100; seq += 1) {
    hub.publish(sessionId, [{ seq, event: { ...chunk(seq), text: 'x'.repeat(100_000) } }])
  }
  expect(subscription.since(0)).toBeNull()
  expect(subscription.since(99)).toHaveLength(1)
})
