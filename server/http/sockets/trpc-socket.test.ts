import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { maskedFrame, standstill, startTestServer, textOf, until } from '../testing/server.ts'
import type { TestServer } from '../testing/server.ts'

const SESSION = '019b0000-0000-7000-8000-000000000001'

test('queries, mutations and watches are answered on one socket', async () => {
  await using server = await startTestServer()
  const client = await connectClient(server)
  client.send({ id: 1, method: 'query', params: { path: 'echo', input: { text: 'hello' } } })
  expect(await client.answer(1)).toMatchObject({ result: { data: 'hello' } })
  client.send(watch(2))
  expect(await client.answer(2)).toMatchObject({ result: { type: 'started' } })
  await until(() => server.script.watching === 1)
  client.send({ id: 2, method: 'subscription.stop' })
  await until(() => server.script.watching === 0)
})

test('the token comes with the connection params', async () => {
  await using server = await startTestServer()
  const client = await connectClient(server, '?connectionParams=1')
  client.send({ method: 'connectionParams', data: { token: 'abc' } })
  client.send({ id: 1, method: 'query', params: { path: 'me' } })
  expect(await client.answer(1)).toMatchObject({
    result: { data: { token: 'abc', transport: 'socket' } },
  })
})

test('connection params that do not come end the socket, whatever else is said (P12)', async () => {
  await using server = await startTestServer({ limits: { handshakeMs: 200 } })
  const client = await connectClient(server, '?connectionParams=1')
  const chatter = setInterval(
    () => client.socket.readyState === WebSocket.OPEN && client.socket.send('PING'),
    20,
  )
  expect(await client.closed).toBe(4408)
  clearInterval(chatter)
  const punctual = await connectClient(server, '?connectionParams=1')
  punctual.send({ method: 'connectionParams', data: {} })
  await new Promise((resolve) => setTimeout(resolve, 400))
  expect(punctual.socket.readyState).toBe(WebSocket.OPEN)
})

test('a client that neither sends its connection params nor says goodbye is gone soon after the deadline (P12)', async () => {
  await using server = await startTestServer({ limits: { handshakeMs: 200 } })
  const silent = connect(server.port, '127.0.0.1')
  silent.on('error', () => undefined)
  silent.write(
    [
      'GET /trpc?connectionParams=1 HTTP/1.1',
      `Host: 127.0.0.1:${server.port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    ].join('\r\n'),
  )
  await once(silent, 'data')
  const startedAt = performance.now()
  silent.resume()
  await once(silent, 'close')
  expect(performance.now() - startedAt).toBeLessThan(8_000)
})

test('a frame above the limit closes the socket with 1009 and nothing else (P12)', async () => {
  await using server = await startTestServer()
  const client = await connectClient(server)
  client.socket.send('x'.repeat(1024 * 1024 + 1))
  expect(await client.closed).toBe(1009)
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  expect(server.logged.filter(({ level }) => Number(level) >= 40)).toEqual([])
})

test('21 calls in one message are refused each by its id, the watches among them start (P12)', async () => {
  await using server = await startTestServer()
  const client = await connectClient(server)
  const calls = Array.from({ length: 21 }, (_, id) => ({
    id,
    method: 'mutation',
    params: { path: 'store', input: { text: 'x' } },
  }))
  client.send([...calls, watch(100)])
  for (const { id } of calls) {
    expect(await client.answer(id)).toMatchObject({ error: { data: { code: 'BAD_REQUEST' } } })
  }
  expect(await client.answer(100)).toMatchObject({ result: { type: 'started' } })
  expect(server.script.calls).toEqual([])
  client.send(calls.slice(1).map((call) => ({ ...call, id: call.id + 200 })))
  expect(await client.answer(220)).toMatchObject({ result: { data: { text: 'x' } } })
})

test('64 watches in one message start, the 65th is refused, and a stopped one makes room (P12)', async () => {
  await using server = await startTestServer()
  const client = await connectClient(server)
  client.send(Array.from({ length: 65 }, (_, id) => watch(id)))
  expect(await client.answer(64)).toMatchObject({ error: { data: { code: 'TOO_MANY_REQUESTS' } } })
  await until(() => server.script.watching === 64)
  client.send({ id: 7, method: 'subscription.stop' })
  await until(() => server.script.watching === 63)
  await until(() =>
    client.received.some(({ id, result }) => id === 7 && result?.type === 'stopped'),
  )
  client.send(watch(65))
  expect(await client.answer(65)).toMatchObject({ result: { type: 'started' } })
})

test('the same id twice neither starts a second watch nor makes room for one', async () => {
  await using server = await startTestServer({ limits: { watchesPerSocket: 1 } })
  const client = await connectClient(server)
  client.send(watch(1))
  expect(await client.answer(1)).toMatchObject({ result: { type: 'started' } })
  client.send(watch(1))
  await until(() => client.received.some(({ id, error }) => id === 1 && error !== undefined))
  client.send(watch(2))
  expect(await client.answer(2)).toMatchObject({ error: { data: { code: 'TOO_MANY_REQUESTS' } } })
  expect(server.script.watching).toBe(1)
})

test('a watch may take the place of one that is stopped in the same breath (P12)', async () => {
  await using server = await startTestServer({ limits: { watchesPerSocket: 2 } })
  const client = await connectClient(server)
  client.send([watch(1), watch(2)])
  await client.answer(2)
  client.send([{ id: 1, method: 'subscription.stop' }, watch(3)])
  expect(await client.answer(3)).toMatchObject({ result: { type: 'started' } })
  client.send(watch(4))
  expect(await client.answer(4)).toMatchObject({ error: { data: { code: 'TOO_MANY_REQUESTS' } } })
})

test('a watch stopped in the same breath as it is started does not run on', async () => {
  await using server = await startTestServer()
  const client = await connectClient(server)
  client.send([watch(1), { id: 1, method: 'subscription.stop' }])
  await until(() =>
    client.received.some(({ id, result }) => id === 1 && result?.type === 'stopped'),
  )
  expect(server.script.watching).toBe(0)
})

test('what is no JSON, and what is no call, is answered with an error', async () => {
  await using server = await startTestServer()
  const client = await connectClient(server)
  for (const nonsense of ['{', '[1]', 'null', '{"id":1}']) client.socket.send(nonsense)
  await until(() => client.received.length === 4)
  expect(client.received.every(({ error }) => error !== undefined)).toBe(true)
})

test('a paused reader costs little, delays nobody, and goes on when it reads again (P12)', async () => {
  await using server = await startTestServer()
  const path = '/trpc'
  const reader = connect(server.port, '127.0.0.1')
  reader.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  await new Promise((resolve) => reader.once('data', resolve))
  reader.pause()
  reader.write(maskedFrame('{"id":1,"method":"subscription","params":{"path":"flood"}}'))

  // The kernel takes some megabytes; then the stream stands still.
  const stalledAt = await standstill(() => server.script.flooded)
  expect(server.unsentBytes()).toBeLessThan(256 * 1024)

  const other = await connectClient(server)
  other.send({ id: 1, method: 'query', params: { path: 'echo', input: { text: 'quick' } } })
  expect(await other.answer(1)).toMatchObject({ result: { data: 'quick' } })

  reader.resume()
  await until(() => server.script.flooded > stalledAt + 200)
  reader.destroy()
})

test('many paused readers together hold no more than the process may, and are told to come again (P12)', async () => {
  const allUnsentBytes = 256 * 1024
  await using server = await startTestServer({ limits: { allUnsentBytes } })
  const clients = await Promise.all(Array.from({ length: 8 }, () => connectClient(server)))
  for (const [id, client] of clients.entries()) {
    client.socket.pause()
    client.send({ id, method: 'subscription', params: { path: 'flood' } })
  }
  await until(() => server.unsentBytes() > allUnsentBytes)
  await until(() => server.unsentBytes() <= allUnsentBytes)
  for (const client of clients) client.socket.resume()
  await Promise.race(clients.map(({ closed }) => closed))
  const other = await connectClient(server)
  other.send({ id: 1, method: 'query', params: { path: 'echo', input: { text: 'still here' } } })
  expect(await other.answer(1)).toMatchObject({ result: { data: 'still here' } })
})

test('who asks and does not read the answers is not heard any more, until they do (P12)', async () => {
  await using server = await startTestServer()
  const client = await connectClient(server)
  client.socket.pause()
  const text = 'x'.repeat(100_000)
  const sent = 400
  for (let id = 0; id < sent; id += 1) {
    client.send({ id, method: 'mutation', params: { path: 'store', input: { text } } })
  }
  await standstill(() => server.script.calls.length)
  expect(server.script.calls.length).toBeLessThan(sent)
  expect(server.unsentBytes()).toBeLessThan(1024 * 1024)
  client.socket.resume()
  await until(() => client.received.length === sent)
})

type Answer = { id: number; result?: { type?: string; data?: unknown }; error?: unknown }

async function connectClient({ wsUrl }: TestServer, query = '') {
  const socket = new WebSocket(`${wsUrl}/trpc${query}`)
  const received: Answer[] = []
  socket.on('message', (data) => {
    const text = textOf(data)
    if (text !== 'PONG') received.push(JSON.parse(text))
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  async function answer(id: number): Promise<Answer | undefined> {
    await until(() => received.some((one) => one.id === id))
    return received.find((one) => one.id === id)
  }
  return {
    socket,
    received,
    closed,
    answer,
    send: (message: unknown) => socket.send(JSON.stringify(message)),
  }
}

function watch(id: number) {
  return {
    id,
    method: 'subscription',
    params: { path: 'sessions.watch', input: { id: SESSION, lastEventId: '0' } },
  }
}
