import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { sendEvents } from './send-events.ts'
import type { WireMessage } from './wire.ts'

test('nothing more is made once the client has gone away', async () => {
  let over = false
  function* endless(): Generator<WireMessage> {
    try {
      for (;;) yield { data: {}, paced: true }
    } finally {
      over = true
    }
  }
  const server = createServer((_, response) => void sendEvents(response, endless(), 200))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const controller = new AbortController()
  const response = await fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal })
  await response.body?.getReader().read()
  expect(over).toBe(false)
  controller.abort()
  await expect.poll(() => over).toBe(true)
  await new Promise((closed) => server.close(closed))
})
