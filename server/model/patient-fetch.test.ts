import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { fetchFor } from './patient-fetch.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('timers that end before those of fetch need no other', () => {
  expect(fetchFor(299)).toBe(fetch)
})

test('waits longer than the five minutes after which fetch gives up, for headers and between two words', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await import('undici')
    // Only what the library's own timers are made of: the network goes on in real time.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const asked = once(server, 'request')
    const answering = fetchFor(600)(`http://127.0.0.1:${port}`)
    const response: ServerResponse = (await asked)[1]
    await vi.advanceTimersByTimeAsync(1_000_000)
    response.write('one ')
    const answer = await answering
    const reader = answer.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('one ')
    await vi.advanceTimersByTimeAsync(1_000_000)
    response.end('two')
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('two')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
