import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { loggedPath } from './logging.ts'
import { startTestServer } from './testing/server.ts'

/** The server's answer to these bytes, until it closes or its head is complete. */
async function answerTo(port: number, lines: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.setEncoding('utf8')
  socket.write([...lines, '', ''].join('\r\n'))
  let answer = ''
  for await (const piece of socket) {
    answer += String(piece)
    if (answer.includes('\r\n\r\n')) break
  }
  return answer
}

const statusIn = (answer: string): number => Number(answer.split(' ')[1])

test('two Host headers are refused, over HTTP and at the upgrade', async () => {
  await using server = await startTestServer()
  const own = `Host: 127.0.0.1:${server.port}`
  for (const hosts of [
    [own, 'Host: evil.example'],
    ['host: evil.example', own],
    [own, own],
  ]) {
    expect(statusIn(await answerTo(server.port, ['GET /health HTTP/1.1', ...hosts]))).toBe(400)
    const upgrade = await answerTo(server.port, [
      'GET /trpc HTTP/1.1',
      ...hosts,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ])
    expect(statusIn(upgrade)).toBe(400)
  }
})

test('a path that can be read in several ways is refused before anything else, here and at the upgrade', async () => {
  await using server = await startTestServer({ basePath: '/chat' })
  const host = `Host: 127.0.0.1:${server.port}`
  const status = async (target: string, ...headers: string[]) =>
    statusIn(await answerTo(server.port, [`GET ${target} HTTP/1.1`, host, ...headers]))
  const foreign = 'Sec-Fetch-Site: cross-site'
  const socket = [
    ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'],
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  for (const target of ['/chat/x/../trpc', '/x/../chat/trpc', '/chat/%2e/trpc', '/chat/trpc#x']) {
    expect(await status(target), target).toBe(400)
    expect(await status(target, ...socket), target).toBe(400)
  }
  expect(await status('/chat//evil/trpc', ...socket)).toBe(404)
  expect(await status('/chat/trpc', ...socket)).toBe(101)
  // The policy sees what the routes see.
  for (const target of ['/chat/%61pi/me', `http://127.0.0.1:${server.port}/chat/api/me`]) {
    expect(await status(target), target).toBe(200)
    expect(await status(target, foreign), target).toBe(403)
  }
  expect(await status('http://evil.example/chat/api/me')).toBe(400)
})

test('a body is refused by the head of its request: no route, wrong type, foreign page, too large, no room (P12)', async () => {
  await using server = await startTestServer({ limits: { allBodiesBytes: 2_000_000 } })
  const status = async (path: string, ...headers: string[]) =>
    statusIn(
      await answerTo(server.port, [
        `POST ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${server.port}`,
        ...headers,
      ]),
    )
  const json = 'Content-Type: application/json'
  const large = 'Content-Length: 45000000'
  // Not a byte of any of these bodies is ever sent.
  expect(await status('/api/nowhere', json, large)).toBe(404)
  expect(await status('/nowhere', json, large)).toBe(404)
  expect(await status('/trpc/store', 'Content-Type: text/plain', 'Content-Length: 10')).toBe(415)
  expect(await status('/trpc/store', json, large, 'Origin: https://evil.example')).toBe(403)
  expect(await status('/trpc/store', json, large)).toBe(413)
  expect(await status('/api/store', json, large)).toBe(413)
  expect(await status('/trpc/sessions.import', json, large)).toBe(429)
  expect(await status('/trpc/sessions.import', json, 'Transfer-Encoding: chunked')).toBe(429)
})

test('one address reads a bounded number of watches as server-sent events, and gets them back (P12)', async () => {
  await using server = await startTestServer({ limits: { streamsPerAddress: 2 } })
  const leave = new AbortController()
  const read = (signal?: AbortSignal) =>
    fetch(`${server.url}/trpc/flood`, {
      headers: { accept: 'text/event-stream' },
      ...(signal && { signal }),
    })
  const first = await read(leave.signal)
  expect(first.status).toBe(200)
  const second = await read()
  expect((await read()).status).toBe(429)
  leave.abort()
  let status = 429
  while (status === 429) {
    const again = await read()
    status = again.status
    await again.body?.cancel()
  }
  expect(status).toBe(200)
  await second.body?.cancel()
})

test('what is private is nobody else’s to keep, and depends on who asks', async () => {
  await using server = await startTestServer()
  const heads = await Promise.all(
    [
      ['/trpc/me', 200],
      ['/api/me', 200],
      ['/trpc/flood', 200],
      ['/trpc/nothing', 404],
      ['/api/nothing', 404],
    ].map(async ([path, status]) => {
      const response = await fetch(`${server.url}${path}`, {
        headers: path === '/trpc/flood' ? { accept: 'text/event-stream' } : {},
      })
      await response.body?.cancel()
      return { path, isAsExpected: response.status === status, headers: response.headers }
    }),
  )
  for (const { path, headers } of heads) {
    expect(headers.get('cache-control'), String(path)).toContain('private, no-store')
    for (const name of ['Origin', 'Cookie', 'Sec-Fetch-Site']) {
      expect(headers.get('vary'), String(path)).toContain(name)
    }
  }
  const description = await fetch(`${server.url}/openapi.json`)
  expect(description.headers.get('cache-control')).toBe('no-cache')
})

test('a refused origin reads what to set, and so does the log, once for all its tries', async () => {
  await using server = await startTestServer()
  const ask = () => fetch(`${server.url}/health`, { headers: { origin: 'https://page.example' } })
  for (let round = 0; round < 3; round += 1) {
    const response = await ask()
    expect(response.status).toBe(403)
    expect(response.headers.get('access-control-allow-origin')).toBe('https://page.example')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect(await response.json()).toMatchObject({
      message: expect.stringMatching(/page\.example.*ALLOWED_ORIGINS.*PUBLIC_URL/),
    })
  }
  const lines = server.logged.filter(({ msg }) => String(msg).includes('ALLOWED_ORIGINS'))
  expect(lines).toMatchObject([{ level: 30, origin: 'https://page.example' }])
})

test('the token of a share is not logged', () => {
  expect(loggedPath('/api/share/abc-def?x=1')).toBe('/api/share/…')
  expect(loggedPath('/share/abc-def')).toBe('/share/…')
  expect(loggedPath('/api/share')).toBe('/api/share')
})
