import { afterEach, expect, test, vi } from 'vitest'
import { connect } from './index.ts'
import { until } from './testing/reader.ts'
import { ScriptedServer } from './testing/server.ts'

/** As much of a browser as tells of the network. */
function enterBrowser(): { window: EventTarget; document: EventTarget } {
  const window = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', document)
  vi.stubGlobal('navigator', { onLine: true })
  return { window, document }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('offline is said at once, and the connection is back at once when the network is', async () => {
  const { window } = enterBrowser()
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  await until(client.connection, ({ status }) => status === 'connected')
  await server.halt()
  window.dispatchEvent(new Event('offline'))
  expect(client.connection.getSnapshot()).toEqual({ status: 'offline', reason: 'network' })
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
  // By then the pauses are longer than this test may take.
  const looking = setInterval(() => document.dispatchEvent(new Event('visibilitychange')), 20)
  await until(client.connection, (state) => state.status === 'reconnecting' && state.attempt > 12)
  await server.listen()
  await until(client.connection, ({ status }) => status === 'connected')
  clearInterval(looking)
})

test('a closed client no longer listens to the browser', async () => {
  const { window } = enterBrowser()
  await using server = await ScriptedServer.start()
  const client = connect({ url: server.url })
  await client.close()
  window.dispatchEvent(new Event('online'))
  expect(client.connection.getSnapshot()).toEqual({ status: 'offline', reason: 'closed' })
})
