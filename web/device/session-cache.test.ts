import { expect, test, vi } from 'vitest'
import type { AppSessionState } from '../../shared/client/index.ts'
import { person } from '../person.ts'
import type { onDevice } from './device.ts'
import { DeviceSessions } from './session-cache.ts'

const ID = '01a22cff-0000-7000-8000-000000000001'

/** A session of which so much was shown; a cache needs no more of it than its id. */
const state = (seq: number) => ({ session: { id: ID }, seq }) as AppSessionState

test('a page that ends during a write stays marked as having shown more than the device keeps (23, 44)', async () => {
  vi.useFakeTimers()
  person.set('ada')
  try {
    // Each write ends when the test says so.
    const writes: (() => Promise<void>)[] = []
    const use: typeof onDevice = async (work) => {
      const done = Promise.withResolvers<void>()
      const store = { put: async () => ID, getAll: async () => [], delete: async () => undefined }
      const transaction = { objectStore: () => store, done: done.promise }
      const working = work({ transaction: () => transaction } as never)
      writes.push(async () => {
        done.resolve()
        await working
      })
      return working
    }
    const marked = new Set<string>()
    const sessions = new DeviceSessions(use, {
      has: (id) => marked.has(id),
      add: (ids) => ids.forEach((id) => marked.add(id)),
      remove: (id) => void marked.delete(id),
    })
    sessions.write(state(44))
    await vi.advanceTimersByTimeAsync(1_500)
    expect(writes).toHaveLength(1)
    sessions.write(state(60))
    sessions.flush()
    expect(sessions.isBehind(ID)).toBe(true)
    await writes[0]?.()
    expect(sessions.isBehind(ID)).toBe(true)
    await writes[1]?.()
    expect(sessions.isBehind(ID)).toBe(false)
  } finally {
    person.set(null)
    vi.useRealTimers()
  }
})
