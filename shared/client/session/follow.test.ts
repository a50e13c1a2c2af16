import { TRPCClientError } from '@trpc/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Api } from '../app.ts'
import { follow } from './follow.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A watch that is refused `times` times and then works. */
function refusing(code: string, times: number) {
  const asked = { count: 0 }
  type Handlers = { onError(error: unknown): void; onStarted(): void }
  const subscribe = (_input: unknown, { onError, onStarted }: Handlers) => {
    asked.count += 1
    if (asked.count <= times) {
      onError(TRPCClientError.from({ error: { code: -32_000, message: 'No', data: { code } } }))
    } else {
      onStarted()
    }
    return { unsubscribe: () => undefined }
  }
  return { asked, api: { sessions: { watch: { subscribe } } } as unknown as Api }
}

test('a watch is asked for again however long the database is away', async () => {
  const { asked, api } = refusing('SERVICE_UNAVAILABLE', 40)
  const failed = vi.fn<(error: unknown) => void>()
  const failing = vi.fn<(error: unknown) => void>()
  const following = follow(api, 'session', null, { event: () => undefined, failing, failed })
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(asked.count).toBe(41)
  expect(failing).not.toHaveBeenCalled()
  expect(failed).not.toHaveBeenCalled()
  following.stop()
})

test('a watch that is stopped while its end is told does not begin again', async () => {
  const { asked, api } = refusing('INTERNAL_SERVER_ERROR', 40)
  const following = follow(api, 'session', null, {
    event: () => undefined,
    failing: () => undefined,
    failed: () => undefined,
  })
  following.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.count).toBe(1)
})

test.each(['NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN', 'BAD_REQUEST'])(
  'a watch that is refused for good (%s) ends at once',
  async (code) => {
    const { asked, api } = refusing(code, 40)
    const failed = vi.fn<(error: unknown) => void>()
    const failing = vi.fn<(error: unknown) => void>()
    follow(api, 'session', null, { event: () => undefined, failing, failed })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(failed).toHaveBeenCalledOnce()
    expect(failing).not.toHaveBeenCalled()
    expect(asked.count).toBe(1)
  },
)

test('a watch that is stopped before the server has begun it ends when it begins, for the server ignores an earlier end', () => {
  const unsubscribe = vi.fn<() => void>()
  type Handlers = { onConnectionStateChange(change: { state: string }): void; onStarted(): void }
  let watch: Handlers = { onConnectionStateChange: () => undefined, onStarted: () => undefined }
  const subscribe = (_input: unknown, handlers: Handlers) => {
    watch = handlers
    return { unsubscribe }
  }
  const api = { sessions: { watch: { subscribe } } } as unknown as Api
  const begin = () =>
    follow(api, 'session', null, {
      event: () => undefined,
      failing: () => undefined,
      failed: () => undefined,
    })
  // It was not sent yet.
  const early = begin()
  watch.onConnectionStateChange({ state: 'connecting' })
  early.stop()
  expect(unsubscribe).toHaveBeenCalledTimes(1)

  const sent = begin()
  watch.onConnectionStateChange({ state: 'pending' })
  sent.stop()
  expect(unsubscribe).toHaveBeenCalledTimes(1)
  watch.onStarted()
  expect(unsubscribe).toHaveBeenCalledTimes(2)
})

test('a server that fails by itself again and again is said to, and asked again all the same', async () => {
  const { asked, api } = refusing('INTERNAL_SERVER_ERROR', 40)
  const failed = vi.fn<(error: unknown) => void>()
  const failing = vi.fn<(error: unknown) => void>()
  const following = follow(api, 'session', null, { event: () => undefined, failing, failed })
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(failing).toHaveBeenCalledTimes(29)
  expect(failed).not.toHaveBeenCalled()
  expect(asked.count).toBe(41)
  following.stop()
})
