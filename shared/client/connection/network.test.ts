import { afterEach, expect, test, vi } from 'vitest'
import { connect } from '../index.ts'
import type { Client } from '../index.ts'
import { until } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'
import { ConnectionDriver } from './connection.ts'

/** The globals of a browser that are needed for network events. */
function enterBrowser(): { window: EventTarget; document: EventTarget } {
  const window = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', document)
  vi.stubGlobal('navigator', { onLine: true })
  return { window, document }
}

/** Makes enough attempts fail for the backoff to become longer than the test. */
async function tryOften({ connection }: Client, document: EventTarget): Promise<void> {
  const looking = setInterval(() => document.dispatchEvent(new Event('visibilitychange')), 20)
  await until(connection, (state) => state.status === 'reconnecting' && state.attempt > 12)
  clearInterval(looking)
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('offline is said at once, and the connection is back at once when the network is', async () => {
  const { window, document } = enterBrowser()
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  await until(client.connection, ({ status }) => status === 'connected')
  window.dispatchEvent(new Event('offline'))
  expect(client.connection.getSnapshot()).toEqual({ status: 'offline', reason: 'network' })
  await server.halt()
  window.dispatchEvent(new Event('online'))
  await tryOften(client, document)
  await server.listen()
  window.dispatchEvent(new Event('online'))
  await until(client.connection, ({ status }) => status === 'connected')
})

test('a server on this machine stays in reach of a browser that says it is offline', async () => {
  const { window } = enterBrowser()
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  await until(client.connection, ({ status }) => status === 'connected')
  window.dispatchEvent(new Event('offline'))
  expect(client.connection.getSnapshot().status).toBe('offline')
  await until(client.connection, ({ status }) => status === 'connected')
})

test('a page that comes back into view does not wait for its next try', async () => {
  const { document } = enterBrowser()
  await using server = await ScriptedServer.start()
  await server.halt()
  await using client = connect({ url: server.url })
  await tryOften(client, document)
  await server.listen()
  document.dispatchEvent(new Event('visibilitychange'))
  await until(client.connection, ({ status }) => status === 'connected')
})

test.each(['online', 'visibilitychange'])(
  'a wait for the next try ends at once with %s, however long it would be',
  async (event) => {
    const { window, document } = enterBrowser()
    vi.useFakeTimers()
    try {
      const driver = new ConnectionDriver('ws://127.0.0.1', undefined)
      await driver.nextUrl()
      const tried = vi.fn<(url: string) => void>()
      void driver.nextUrl().then(tried)
      await vi.advanceTimersByTimeAsync(1)
      expect(tried).not.toHaveBeenCalled()
      for (const target of [window, document]) target.dispatchEvent(new Event(event))
      await vi.advanceTimersByTimeAsync(1)
      expect(tried).toHaveBeenCalledOnce()
      driver.close()
    } finally {
      vi.useRealTimers()
    }
  },
)

test('a closed client no longer listens to the browser', async () => {
  const { window } = enterBrowser()
  await using server = await ScriptedServer.start()
  const client = connect({ url: server.url })
  await client.close()
  window.dispatchEvent(new Event('online'))
  expect(client.connection.getSnapshot()).toEqual({ status: 'offline', reason: 'closed' })
})
