import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { sendEvents } from './send-events.ts'
import type { WireMessage } from './wire.ts'
import { listenOnLoopback } from '../../../../scripts/testing/loopback.ts'

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
  const { url } = await listenOnLoopback(server)
  const controller = new AbortController()
  const response = await fetch(url, { signal: controller.signal })
  await response.body?.getReader().read()
  expect(over).toBe(false)
  controller.abort()
  await expect.poll(() => over).toBe(true)
  await new Promise((closed) => server.close(closed))
})
