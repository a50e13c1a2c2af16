import { createServer, request as ask } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { expect, test } from 'vitest'
import { connect } from '../../../shared/client/index.ts'
import { memoryStorage } from '../../testing/app.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

/** A proxy that shares a host among several programs, and forwards paths below `/chat` unchanged. */
async function startProxy() {
  let port = 0
  const isOurs = ({ url = '' }: IncomingMessage) => /^\/chat(\/|\?|$)/.test(url)
  const proxy = createServer((request, response) => {
    if (!isOurs(request)) return void response.writeHead(418).end()
    const { url: path, method, headers } = request
    const onward = ask({ port, host: '127.0.0.1', path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  proxy.on('upgrade', (request, socket, head) => {
    const onward = connectTcp(port, '127.0.0.1')
    const { rawHeaders, method, url } = request
    const lines = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : [],
    )
    onward.write([`${method} ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
    onward.write(head)
    onward.pipe(socket).pipe(onward)
    for (const end of [onward, socket]) end.on('error', () => undefined)
  })
  const { url: origin } = await listenOnLoopback(proxy)
  return {
    origin,
    to: (url: string) => {
      port = Number(new URL(url).port)
    },
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections()
      proxy.close()
    },
  }
}

test('below a path and behind a proxy that keeps it everything answers: REST, sockets, sign-in, uploads, documents', async () => {
  await using proxy = await startProxy()
  await using storage = await memoryStorage()
  const env = { BASE_PATH: '/chat/', PUBLIC_URL: proxy.origin }
  await using app = await startAccounts(storage, { env })
  proxy.to(app.url)
  const base = `${proxy.origin}/chat`
  expect(app.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/chat$/)
  expect(await app.setupLink()).toContain(`${base}/setup?token=`)

  const ada = await app.setUp()
  const signedIn = await fetch(`${base}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: proxy.origin },
    body: JSON.stringify({ email: ada.email, password: ada.password }),
  })
  expect(signedIn.status).toBe(200)
  const [cookie = ''] = signedIn.headers.getSetCookie()
  expect(cookie).toMatch(/; Path=\/chat(;|$)/)
  const headers = { cookie: cookie.split(';', 1)[0] ?? '', origin: proxy.origin }
  const me = await fetch(`${base}/api/me`, { headers })
  expect(await me.json()).toMatchObject({ email: ada.email })

  await using client = connect({ url: base, token: ada.token })
  const { id, seq } = await client.api.sessions.create.mutate({})
  await client.session(id).send('Hello')
  const call = await app.model.nextCall()
  call.say('Hi')
  call.finish()
  for await (const { event } of client.session(id).events({ after: seq })) {
    if (event.type === 'end') break
  }
  const session = await fetch(`${base}/api/session/${id}`, { headers })
  expect(await session.json()).toMatchObject({ id })

  const upload = await fetch(`${base}/api/files/uploads`, {
    method: 'POST',
    headers: { ...headers, 'tus-resumable': '1.0.0', 'upload-length': '5' },
  })
  const location = upload.headers.get('location') ?? ''
  expect(location).toMatch(/^\/chat\/api\/files\/uploads\//)
  const piece = await fetch(proxy.origin + location, {
    method: 'PATCH',
    headers: {
      ...headers,
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    },
    body: 'hello',
  })
  expect(piece.status).toBe(204)
  const file = await fetch(`${base}/api/files/${location.split('/').at(-1)}`, { headers })
  expect(await file.text()).toBe('hello')

  const description = await fetch(`${base}/openapi.json`)
  expect(await description.json()).toMatchObject({ servers: [{ url: '/chat/api' }] })
  const page = await (await fetch(`${base}/docs`)).text()
  const addresses = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, address]) => address)
  for (const address of addresses) {
    expect((await fetch(proxy.origin + address)).status, address).toBe(200)
  }
  expect(addresses.length).toBe(3)
})

test('outside of the path nothing answers, but who looks after the process (BASE_PATH)', async () => {
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage, { env: { BASE_PATH: '/chat' } })
  const { origin } = new URL(app.url)
  const status = async (path: string) =>
    (await fetch(origin + path, { headers: { accept: 'text/html' } })).status
  for (const path of ['/livez', '/readyz', '/chat/livez', '/chat/readyz', '/chat/health']) {
    expect(await status(path), path).toBe(200)
  }
  for (const path of ['/', '/health', '/api/me', '/chatter', '/chat2/health', '/s/1']) {
    expect(await status(path), path).toBe(404)
  }
  await expect(
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${origin.replace('http', 'ws')}/trpc`)
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error('refused')))
    }),
  ).rejects.toThrow('refused')
})
