import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { createTRPCClient, httpLink } from '@trpc/client'
import { expect, test } from 'vitest'
import type { AppRouter } from '../router.ts'
import { startTestApp } from '../testing/app.ts'
import { startTestServer, until } from './testing/server.ts'

test('a query and a mutation are answered over HTTP', async () => {
  await using server = await startTestServer()
  const query = await fetch(
    `${server.url}/trpc/echo?input=${encodeURIComponent('{"text":"hello"}')}`,
  )
  expect(await query.json()).toEqual({ result: { data: 'hello' } })
  const mutation = await post(`${server.url}/trpc/store`, '{"text":"kept"}')
  expect(await mutation.json()).toEqual({ result: { data: { text: 'kept' } } })
})

test('a batch of 20 is answered, one of 21 is refused with a clear error (P12)', async () => {
  await using server = await startTestServer()
  const batch = (size: number) => {
    const input = Object.fromEntries(
      Array.from({ length: size }, (_, index) => [index, { text: `${index}` }]),
    )
    const paths = Array.from({ length: size }, () => 'echo').join(',')
    return fetch(
      `${server.url}/trpc/${paths}?batch=1&input=${encodeURIComponent(JSON.stringify(input))}`,
    )
  }
  expect((await batch(20)).status).toBe(200)
  const refused = await batch(21)
  expect(refused.status).toBe(400)
  expect(await refused.text()).toContain('20')
  const huge = await fetch(`${server.url}/trpc/${'echo,'.repeat(2_000)}echo?batch=1`)
  expect(huge.status).toBe(400)
})

test('a form, bytes and a body of no type are refused, not read as an empty input', async () => {
  await using server = await startTestServer()
  const form = new FormData()
  form.set('text', 'lost')
  for (const body of [form, new Blob(['{}'], { type: 'application/octet-stream' }), '{}', null]) {
    const response = await fetch(`${server.url}/trpc/store`, { method: 'POST', body })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining('application/json') },
    })
  }
})

test('a mutation without input needs no body, as the simplest link of tRPC sends it', async () => {
  await using app = await startTestApp()
  const links = [httpLink({ url: `${await app.listen()}/trpc` })]
  const client = createTRPCClient<AppRouter>({ links })
  expect((await client.sessions.create.mutate()).title).toBe(null)
  await expect(client.messages.send.mutate(undefined as never)).rejects.toThrow(/sessionId/)
  expect((await client.files.list.query()).items).toEqual([])
})

test('HEAD is answered without a body', async () => {
  await using server = await startTestServer()
  const response = await fetch(`${server.url}/trpc/echo`, { method: 'HEAD' })
  expect(response.status).toBe(204)
})

test('a watch is read as server-sent events', async () => {
  await using server = await startTestServer()
  const response = await fetch(`${server.url}/trpc/flood`, {
    headers: { accept: 'text/event-stream' },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('id: 3')) text += (await reader?.read())?.value ?? ''
  expect(text).toContain('id: 1\n')
  await reader?.cancel()
})

test('a failure says nothing of its cause to the caller, and is logged once', async () => {
  await using server = await startTestServer()
  for (const path of ['/trpc/boom', '/api/boom']) {
    server.logged.length = 0
    const response = await fetch(server.url + path)
    expect(response.status).toBe(500)
    if (path.startsWith('/api')) expect(await response.text()).not.toContain('hunter2')
    await until(() => server.logged.some((line) => line.msg === 'request'))
    expect(server.logged.filter((line) => Number(line.level) >= 50)).toHaveLength(1)
  }
})

test('logs hold no token, no query and no text', async () => {
  await using server = await startTestServer()
  await fetch(
    `${server.url}/trpc/echo?token=secret-1&input=${encodeURIComponent('{"text":"secret-2"}')}`,
    {
      headers: { authorization: 'Bearer secret-3' },
    },
  )
  await post(`${server.url}/api/store`, '{"text":"secret-4"}')
  await until(() => server.logged.filter((line) => line.msg === 'request').length === 2)
  expect(JSON.stringify(server.logged)).not.toContain('secret-')
})

test('a foreign origin is refused with 403, and so is a foreign host in single mode', async () => {
  await using server = await startTestServer({
    access: { allowedOrigins: ['https://friend.example'] },
  })
  const status = (headers: Record<string, string>) => statusOf(server.port, headers)
  expect(await status({})).toBe(200)
  expect(await status({ origin: server.url })).toBe(200)
  expect(await status({ origin: 'https://friend.example' })).toBe(200)
  expect(await status({ origin: 'https://evil.example' })).toBe(403)
  expect(await status({ origin: 'null' })).toBe(403)
  expect(await status({ host: 'evil.example' })).toBe(403)
  expect(await status({ host: 'evil.example', origin: 'http://evil.example' })).toBe(403)
  expect(await status({ host: `localhost:${server.port}` })).toBe(200)
})

test('an address that cannot be read, or that no file can have, is answered like any other mistake', async () => {
  await using server = await startTestServer()
  const answer = async (path: string) => {
    const response = await fetch(server.url + path)
    return [response.status, await response.json()]
  }
  expect(await answer('/api/session/%zz')).toMatchObject([400, { code: 'BAD_REQUEST' }])
  expect(await answer('/..%2f..%2fpackage.json')).toMatchObject([400, { code: 'BAD_REQUEST' }])
  expect(await answer(`/api/share/${'a'.repeat(5000)}`)).toMatchObject([404, { code: 'NOT_FOUND' }])
})

test('a slash at the end of an address changes nothing', async () => {
  await using server = await startTestServer()
  for (const path of [
    '/health/',
    '/docs/',
    '/redoc/',
    '/trpc/echo/?input=%7B%22text%22:%22x%22%7D',
  ]) {
    expect((await fetch(server.url + path)).status, path).toBe(200)
  }
})

test('in accounts mode any host is served, but only its own pages and the allowed ones', async () => {
  await using server = await startTestServer({
    access: { mode: 'accounts', publicUrl: 'https://chat.example', allowedOrigins: [] },
  })
  const status = (headers: Record<string, string>) => statusOf(server.port, headers)
  expect(await status({ host: '10.0.0.7:8001' })).toBe(200)
  expect(await status({ host: '10.0.0.7:8001', origin: 'https://chat.example' })).toBe(200)
  expect(await status({ host: '10.0.0.7:8001', origin: 'https://evil.example' })).toBe(403)
})

test('an allowed origin may read answers across origins, after its preflight', async () => {
  await using server = await startTestServer({
    access: { allowedOrigins: ['https://friend.example'] },
  })
  const headers = {
    origin: 'https://friend.example',
    'access-control-request-headers': 'content-type',
  }
  const preflight = await fetch(`${server.url}/trpc/store`, { method: 'OPTIONS', headers })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe('https://friend.example')
  expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
})

test('health, life and readiness are told apart', async () => {
  await using server = await startTestServer()
  const health = await fetch(`${server.url}/health`)
  expect(await health.json()).toEqual({
    status: 'ok',
    version: '1.2.3',
    uptimeSeconds: 0,
    database: 'embedded',
    model: 'demo',
  })
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  server.script.databaseFails = true
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  server.script.databaseFails = false
  server.http.drain()
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
})

test('closing lets a request in flight finish', async () => {
  const server = await startTestServer({ limits: { closeMs: 10_000 } })
  const answer = fetch(`${server.url}/trpc/slow`)
  await until(() => server.script.calls.length > 0)
  const closed = server.http.close()
  server.script.gate.resolve()
  expect(await (await answer).json()).toEqual({ result: { data: 'done' } })
  await closed
})

test('a server that leaves says so to whoever asks anew, until it is closed', async () => {
  const server = await startTestServer({ limits: { closeMs: 10_000 } })
  const answer = fetch(`${server.url}/trpc/slow`)
  await until(() => server.script.calls.length > 0)
  const left = server.http.leave()
  const ready = await fetch(`${server.url}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }])
  expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  const late = await fetch(`${server.url}/trpc/slow`)
  expect([late.status, await late.json()]).toMatchObject([
    503,
    { error: { data: { code: 'SERVICE_UNAVAILABLE' } } },
  ])
  server.script.gate.resolve()
  expect(await (await answer).json()).toEqual({ result: { data: 'done' } })
  await left
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
  await server.http.close()
  await expect(fetch(`${server.url}/readyz`)).rejects.toThrow()
})

test('closing waits neither for event streams nor, beyond its bound, for anything', async () => {
  const server = await startTestServer({ limits: { closeMs: 200 } })
  const stream = await fetch(`${server.url}/trpc/flood`, {
    headers: { accept: 'text/event-stream' },
  })
  const slow = fetch(`${server.url}/trpc/slow`).then(
    () => 'answered',
    () => 'cut',
  )
  await until(() => server.script.flooded > 0)
  await server.http.close()
  expect(await slow).toBe('cut')
  await expect(stream.text()).rejects.toThrow()
})

test('closing ends event streams at once', async () => {
  const server = await startTestServer({ limits: { closeMs: 3_600_000 } })
  const stream = await fetch(`${server.url}/trpc/flood`, {
    headers: { accept: 'text/event-stream' },
  })
  await until(() => server.script.flooded > 0)
  await server.http.close()
  await expect(stream.text()).rejects.toThrow()
})

test('a client that offers another protocol is answered in this one', async () => {
  await using server = await startTestServer()
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' }
  expect(await statusOf(server.port, headers)).toBe(200)
})

test('a client that says nothing at all is cut off (P12)', async () => {
  await using server = await startTestServer({ limits: { handshakeMs: 200 } })
  const socket = connect(server.port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  await closed
})

test('a client that never finishes its request is cut off (P12)', async () => {
  await using server = await startTestServer({ limits: { handshakeMs: 200 } })
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  await closed
})

test('a client that never finishes its body is cut off (P12)', async () => {
  await using server = await startTestServer({ limits: { handshakeMs: 200, requestMs: 300 } })
  const socket = connect(server.port, '127.0.0.1')
  const head = 'POST /trpc/store HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
  socket.write(`${head}Content-Length: 100\r\n\r\n{`)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  await closed
})

function post(url: string, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}

/** `fetch` does not let go of its own Host. */
function statusOf(port: number, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path: '/health', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('answers that nobody takes hold no more than the process may, and others are answered (P12)', async () => {
  const allUnsentBytes = 8 * 1024 * 1024
  await using server = await startTestServer({
    limits: { allUnsentBytes, bodyBytes: 32 * 1024 * 1024 },
  })
  const body = JSON.stringify({ text: 'x'.repeat(16 * 1024 * 1024) })
  const readers = Array.from({ length: 4 }, () => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined)
    // It asks, and never reads.
    socket.pause()
    socket.write(
      `POST /api/store HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    socket.write(body)
    return socket
  })
  await until(() => server.unsentBytes() > allUnsentBytes)
  await until(() => server.script.calls.length === 4 && server.unsentBytes() <= allUnsentBytes)
  const answer = await post(`${server.url}/api/store`, '{"text":"still here"}')
  expect(await answer.json()).toEqual({ text: 'still here' })
  for (const reader of readers) reader.destroy()
})
