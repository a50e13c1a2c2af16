import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { nextOf } from './next-of.ts'

test('whoever waits for each change of a long answer leaves no listener behind', async () => {
  const listeners = new Set<() => void>()
  const store = {
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const stop = new AbortController()
  for (let change = 0; change < 3; change += 1) {
    const next = nextOf(store, stop.signal)
    for (const listener of listeners) listener()
    await next
  }
  expect([listeners.size, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0])
  const last = nextOf(store, stop.signal)
  stop.abort(new Error('enough'))
  await expect(last).rejects.toThrow('enough')
  expect(listeners.size).toBe(0)
})
