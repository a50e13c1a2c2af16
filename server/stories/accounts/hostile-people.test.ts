import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startServer, temporaryFolder } from '../../../scripts/testing/server-process.ts'
import { memoryStorage } from '../../testing/app.ts'
import { startAccounts } from '../../testing/clients/people.ts'

const PASSWORD = 'correct horse battery'
/** `npm run test:long` opens as many sockets as the worst attacker would. */
const isLong = process.env.LONG === '1'
const SOCKETS = isLong ? 10_000 : 300
/** The most sockets of one person, or of one address without a login (contract, P12). */
const MOST = 256

test('who becomes a guest anew has no more than before: tokens, bytes and sessions are one person’s of the address', async () => {
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage, {
    env: {
      AUTH_GUESTS: 'true',
      LIMIT_TOKENS_PER_DAY: '5000',
      LIMIT_SESSIONS: '3',
      LIMIT_STORAGE_MB: '0.01',
    },
  })
  await app.setUp()
  const guest = async (address: string) => {
    const headers = { 'x-forwarded-for': address }
    const { body } = await app.ask('/api/auth/sign-in/anonymous', { body: {}, headers })
    const { token } = body as { token: string }
    const post = (path: string, given: object) =>
      app.ask(`/api${path}`, { token, headers, body: given })
    const { body: made, status } = await post('/session', { title: 'A talk' })
    const { id } = made as { id: string }
    return {
      status,
      ask: async (text: string) => (await post(`/session/${id}/messages`, { text })).status,
    }
  }
  const [first, second] = [await guest('2001:db8::1'), await guest('2001:db8::2')]
  expect(await first.ask('Hello')).toBe(200)
  const call = await app.model.nextCall()
  call.push({ type: 'usage', usage: { inputTokens: 4_000, outputTokens: 999 } })
  call.finish()
  await expect.poll(() => second.ask('Hello')).toBe(429)
  expect((await guest('2001:db8::3')).status).toBe(200)
  expect((await guest('2001:db8::4')).status).toBe(429)
  const elsewhere = await guest('2001:db8:0:1::1')
  expect(await elsewhere.ask('x'.repeat(9_000))).toBe(200)
  const again = await guest('2001:db8:0:1::2')
  expect(await again.ask('x'.repeat(9_000))).toBe(429)
})

test(`a person who opens ${SOCKETS} sockets from many addresses gets ${MOST}; the server stays, and others connect, from the same address too (P12)`, async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({
    DATA_DIR: folder.path,
    AUTH_MODE: 'accounts',
    AUTH_SIGNUP: 'open',
    LIMIT_REQUESTS_PER_MINUTE: '1000000',
  })
  const [ada, bob] = [await signUp(server.url, 'ada'), await signUp(server.url, 'bob')]
  const before = await residentMiB(server.process.pid)
  const opened: (WebSocket | null)[] = []
  for (let address = 0; opened.length < SOCKETS; address += 1) {
    opened.push(
      ...(await Promise.all(
        Array.from({ length: 100 }, () => connectAs(server.url, ada, `10.0.0.${address % 250}`)),
      )),
    )
  }
  const open = opened.filter((socket) => socket !== null)
  expect(open).toHaveLength(MOST)
  expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  const other = await connectAs(server.url, bob, '10.0.0.0')
  expect(other && (await nameBy(other))).toBe('bob')
  expect(await nameBy(open[0] as WebSocket)).toBe('ada')
  // All without a login in one network share its limit; another address of the network gets no more.
  const nobodies = await Promise.all(
    Array.from({ length: MOST + 10 }, (_, index) =>
      connectAs(server.url, '', `2001:db8::${(index + 1).toString(16)}`),
    ),
  )
  expect(nobodies.filter((socket) => socket !== null)).toHaveLength(MOST)
  const another = await connectAs(server.url, '', '2001:db8:0:1::1')
  expect(another).not.toBe(null)
  open.push(...[...nobodies, another].filter((socket) => socket !== null))
  const grown = (await residentMiB(server.process.pid)) - before
  console.log(
    `${open.length} of ${opened.length} sockets of one person and of nobody: ${grown.toFixed(0)} MiB more`,
  )
  // Some 20 KiB for each socket, and a constant by which the server grows in any case.
  expect(grown).toBeLessThan(100 + open.length / 20)
  for (const socket of [...open, ...(other ? [other] : [])]) socket.terminate()
}, 900_000)

test('a body without an end is cut at its limit, holds nobody else up and leaves nothing behind (P12)', async () => {
  await using folder = await temporaryFolder()
  await using app = await startAccounts(
    { env: { DATA_DIR: folder.path }, [Symbol.asyncDispose]: async () => undefined },
    { env: { FILE_MAX_MB: '1' } },
  )
  const { token } = await app.setUp()
  const json = { 'content-type': 'application/json' }
  const created = await app.ask('/api/files/uploads', {
    ...{ token, method: 'POST' },
    headers: { 'tus-resumable': '1.0.0', 'upload-length': '100' },
  })
  const upload = new URL(created.headers.get('location') ?? '', app.url).pathname
  const tus = {
    'tus-resumable': '1.0.0',
    'upload-offset': '0',
    'content-type': 'application/offset+octet-stream',
  }
  const form = { 'content-type': 'multipart/form-data; boundary=x' }
  const begin = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
  const bodies: [string, string, Record<string, string>, string?][] = [
    ['POST', '/api/session', json],
    ['POST', '/trpc/sessions.create', json],
    ['POST', '/api/auth/sign-in/email', json],
    ['POST', '/api/files', { 'content-type': 'text/plain' }],
    ['POST', '/api/files', form, begin],
    ['PATCH', upload, tus],
  ]
  for (const [method, path, headers, beginning] of bodies) {
    const { status, sent } = await pour(app.url + path, {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      beginning,
    })
    // Tus stores as many bytes as were announced, and refuses the rest.
    expect(status, `${method} ${path}`).toBeOneOf([400, 413])
    expect(sent, `${method} ${path}`).toBeLessThan(32 * 1024 * 1024)
    expect((await app.ask('/api/me', { token })).status).toBe(200)
  }
  const { body } = await app.ask('/api/files', { token })
  expect((body as { items: unknown[] }).items).toEqual([])
  const left = await readdir(join(folder.path, 'files', 'uploads'), { recursive: true })
  expect(left.filter((name) => !name.includes(upload.split('/').at(-1) ?? ''))).toEqual([])
})

/** Sends data without an end, until there is a response or the connection is cut. */
function pour(
  url: string,
  {
    method,
    headers,
    beginning = '',
  }: { method: string; headers: Record<string, string>; beginning?: string | undefined },
): Promise<{ status: number; sent: number }> {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; sent: number }>()
  let sent = 0
  const asked = request(url, { method, headers, agent: false })
  asked.once('response', (response) => {
    response.resume()
    resolve({ status: response.statusCode ?? 0, sent })
    asked.destroy()
  })
  asked.once('error', reject)
  const write = (): void => {
    while (!asked.destroyed) {
      sent += chunk.length
      if (!asked.write(chunk)) return void asked.once('drain', write)
    }
  }
  if (beginning !== '') asked.write(beginning)
  write()
  return promise
}

async function signUp(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, email: `${name}@example.com`, password: PASSWORD }),
  })
  const { token } = (await response.json()) as { token: string }
  return token
}

/**
 * Opens a socket like the SDK's; null when it was refused.
 *
 * @param token empty for nobody
 */
function connectAs(url: string, token: string, address: string): Promise<WebSocket | null> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc?connectionParams=1`, {
    headers: { 'x-forwarded-for': address },
    perMessageDeflate: false,
  })
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (asked, { statusCode }) => {
      asked.destroy()
      if (statusCode === 429) resolve(null)
      else reject(new Error(`refused with ${statusCode}`))
    })
    socket.once('error', () => resolve(null))
    socket.once('open', () => {
      const data = token === '' ? {} : { token }
      socket.send(JSON.stringify({ method: 'connectionParams', data }))
      socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'me' } }))
    })
    // A message that answers no request has the reason for the refusal.
    socket.once('message', (data) => {
      if (!Buffer.isBuffer(data)) return
      const { id } = JSON.parse(data.toString()) as { id: number | null }
      resolve(id === 1 ? socket : null)
    })
  })
}

/** The name of the socket's person, according to the server. */
function nameBy(socket: WebSocket): Promise<string> {
  socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'me' } }))
  return new Promise((resolve, reject) => {
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)))
    socket.once('message', (data) => {
      if (!Buffer.isBuffer(data)) return
      const { result } = JSON.parse(data.toString()) as { result: { data: { name: string } } }
      resolve(result.data.name)
    })
  })
}

async function residentMiB(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}
