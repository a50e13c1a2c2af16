import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { MessageRateLimiter } from './receive-limit.ts'
import { pacedFetch } from './paced-fetch.ts'

async function serving(answer: (response: ServerResponse) => void) {
  const server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Writes until the reader closes the connection. */
function writeForever(response: ServerResponse, piece: string): void {
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

test('a stream of short events goes on for as long as it likes', async () => {
  await using server = await serving((response) => {
    response.setHeader('content-type', 'text/event-stream')
    for (let event = 0; event < 300; event += 1) {
      response.write(`data: ${'x'.repeat(40_000)}\r\n\r\n`)
    }
    response.end()
  })
  const problems: Error[] = []
  const response = await pacedFetch((error) => problems.push(error))(server.url)
  const body = await response.text()
  expect(body.length).toBeGreaterThan(12_000_000)
  expect(problems).toEqual([])
})

test.each(['text/event-stream', 'application/json'])(
  'a message without end in %s breaks off at its bound',
  async (type) => {
    await using server = await serving((response) => {
      response.setHeader('content-type', type)
      writeForever(response, 'data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n'.repeat(1_000))
    })
    const problems: Error[] = []
    const response = await pacedFetch((error) => problems.push(error))(server.url)
    await expect(response.text()).rejects.toThrow()
    expect(problems).toEqual([
      expect.objectContaining({ message: expect.stringContaining('8 MiB') }),
    ])
  },
)

test('a burst is taken at once; what comes on and on waits', () => {
  let now = 0
  const rateLimit = new MessageRateLimiter(() => now)
  expect(rateLimit.take(1_000, 0)).toBe(0)
  expect(rateLimit.take(500, 0)).toBe(1_000)
  now = 3_000
  expect(rateLimit.take(100, 1024)).toBe(0)
})
