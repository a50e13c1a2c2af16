import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { maskedFrame, startTestServer, textOf, until } from '../testing/server.ts'

test('an upgrade with a foreign origin or host is refused with 403, one without an origin is fine', async () => {
  await using server = await startTestServer()
  const status = (headers: Record<string, string>) => upgradeStatus(server.port, '/trpc', headers)
  expect(await status({})).toBe(101)
  expect(await status({ origin: server.url })).toBe(101)
  expect(await status({ origin: 'https://evil.example' })).toBe(403)
  expect(await status({ origin: 'null' })).toBe(403)
  expect(await status({ host: 'evil.example' })).toBe(403)
})

test('sockets are at two paths and nowhere else', async () => {
  await using server = await startTestServer()
  expect(await upgradeStatus(server.port, '/elsewhere')).toBe(404)
  expect(await upgradeStatus(server.port, '/ws/session/')).toBe(404)
  expect(await upgradeStatus(server.port, '//')).not.toBe(101)
  expect(await upgradeStatus(server.port, '/ws/session/x')).toBe(101)
})

test('one address has a bounded number of sockets, and gets them back (P12)', async () => {
  await using server = await startTestServer({ limits: { socketsPerAddress: 2 } })
  const first = await open(server.wsUrl)
  await open(server.wsUrl)
  expect(await upgradeStatus(server.port, '/trpc')).toBe(429)
  first.close()
  await new Promise((resolve) => first.once('close', resolve))
  let status = 429
  while (status === 429) status = await upgradeStatus(server.port, '/trpc')
  expect(status).toBe(101)
})

test('an upgrade that is no WebSocket handshake does not count against its address for ever', async () => {
  await using server = await startTestServer({ limits: { socketsPerAddress: 1 } })
  expect(await upgradeStatus(server.port, '/trpc', { 'sec-websocket-version': '1' })).toBe(400)
  let status = 429
  while (status === 429) status = await upgradeStatus(server.port, '/trpc')
  expect(status).toBe(101)
})

test('a draining server takes no new sockets and keeps the open ones', async () => {
  await using server = await startTestServer()
  const socket = await open(server.wsUrl)
  server.http.drain()
  expect(await upgradeStatus(server.port, '/trpc')).toBe(503)
  socket.send('PING')
  expect(await next(socket)).toBe('PONG')
})

test('closing ends sockets with 1012, also one that does not answer', async () => {
  const server = await startTestServer({ limits: { closeMs: 300 } })
  const polite = await open(server.wsUrl)
  const closed = new Promise((resolve) => polite.once('close', resolve))
  const deaf = connect(server.port, '127.0.0.1')
  deaf.write(handshake('/trpc', {}))
  await new Promise((resolve) => deaf.once('data', resolve))
  await server.http.close()
  expect(await closed).toBe(1012)
  deaf.destroy()
})

test('a socket whose other side is silently gone is ended, one that answers pings stays', async () => {
  await using server = await startTestServer({ limits: { pingMs: 50 } })
  const alive = await open(server.wsUrl)
  const dead = new WebSocket(`${server.wsUrl}/trpc`, { autoPong: false })
  await new Promise((resolve) => dead.once('open', resolve))
  let pings = 0
  alive.on('ping', () => (pings += 1))
  await new Promise((resolve) => dead.once('close', resolve))
  await until(() => pings > 4)
  expect(alive.readyState).toBe(WebSocket.OPEN)
})

test('who is too slow to answer a ping in time, but takes what comes, is alive', async () => {
  await using server = await startTestServer({ limits: { pingMs: 2_000 } })
  const slow = connect(server.port, '127.0.0.1')
  let closed = false
  slow.once('close', () => (closed = true))
  slow.write(handshake('/trpc', {}))
  await new Promise((resolve) => slow.once('data', resolve))
  slow.pause()
  slow.write(maskedFrame('{"id":1,"method":"subscription","params":{"path":"flood"}}'))
  await until(() => server.unsentBytes() > 0)
  const startedAt = server.script.flooded
  // A few megabytes a second, and never a pong.
  const timer = setInterval(() => slow.read(), 10)
  slow.on('readable', () => undefined)
  await until(() => closed || server.script.flooded > startedAt + 1000)
  clearInterval(timer)
  expect(closed).toBe(false)
  slow.destroy()
})

test('a client that only sends protocol pings, and never a pong, is not alive', async () => {
  await using server = await startTestServer({ limits: { pingMs: 50 } })
  const socket = new WebSocket(`${server.wsUrl}/trpc`, { autoPong: false })
  await new Promise((resolve) => socket.once('open', resolve))
  const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.ping(), 10)
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(timer)
})

async function open(wsUrl: string): Promise<WebSocket> {
  const socket = new WebSocket(`${wsUrl}/trpc`)
  await new Promise((resolve) => socket.once('open', resolve))
  return socket
}

function next(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => socket.once('message', (data) => resolve(textOf(data))))
}

function handshake(path: string, headers: Record<string, string>): string {
  const all = {
    host: '127.0.0.1',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

/** The status that a raw upgrade is answered with; the connection is then dropped. */
function upgradeStatus(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.write(handshake(path, headers))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(Number(String(data).split(' ')[1]))
    })
  })
}
