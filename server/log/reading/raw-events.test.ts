import { expect, test, vi } from 'vitest'
import type { Database } from '../../../db/engine/database.ts'
import { readEventsWithin } from '../../../db/queries/log/events.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { Hub } from './hub.ts'
import { rawEvents } from './raw-events.ts'

vi.mock(import('../../../db/queries/log/events.ts'), async (original) => ({
  ...(await original()),
  readEventsWithin: vi.fn<typeof readEventsWithin>(),
}))
vi.mock(import('node:timers/promises'), async (original) => ({
  ...(await original()),
  // Who waits does not wait here.
  setTimeout: async <T>() => undefined as T,
}))

const sessionId = SessionId.parse('01890a5d-ac96-774b-bcce-000000000001')
const database = {} as Database
const event = { seq: 1, type: 'end', data: JSON.stringify({ type: 'end' }), at: '', runId: null }
const away = () => Object.assign(new Error('no'), { code: 'ECONNREFUSED' })
const read = vi.mocked(readEventsWithin)

function begin(signal = new AbortController().signal) {
  return rawEvents({ database, hub: new Hub() }, { sessionId, after: 0, signal })
}

test('a reader waits while the database is away, and goes on where it was', async () => {
  read.mockRejectedValueOnce(away()).mockRejectedValueOnce(away())
  read.mockResolvedValueOnce({ events: [event], complete: true })
  const next = begin().next()
  expect(await next).toMatchObject({ value: { seq: 1, event: { type: 'end' } } })
})

test('a reader gives up when the database stays away, and at once what fails for another reason', async () => {
  read.mockRejectedValue(away())
  await expect(begin().next()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  read.mockReset()
  read.mockRejectedValueOnce(new Error('a bug'))
  await expect(begin().next()).rejects.toThrow('a bug')
})

test('a reader that leaves while the database is away is not told of it', async () => {
  const left = new AbortController()
  read.mockImplementation(async () => {
    left.abort()
    throw away()
  })
  expect(await begin(left.signal).next()).toMatchObject({ done: true })
})
