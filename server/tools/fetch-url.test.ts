import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { UserId } from '../../shared/contract/ids.ts'
import { fetchUrl } from './fetch-url.ts'
import { isPublicAddress } from './fetch/public-address.ts'
import { createToolRegistry } from './registry.ts'
import type { SafeFetchOptions } from './fetch/safe-fetch.ts'

/** The one address that counts as public here; all other addresses of this machine are private. */
const PUBLIC = '127.0.0.1'
const PRIVATE = '127.0.0.2'

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.socket.localAddress} ${request.url}`)
    answer(request, response)
  }).listen(0, '0.0.0.0')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    asked,
    port,
    url: `http://page.test:${port}/`,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function fetching(url: string, options: SafeFetchOptions = {}) {
  const tool = fetchUrl({
    resolve: async () => [{ address: PUBLIC, family: 4 }],
    isAllowed: (address) => address === PUBLIC,
    ...options,
  })
  return createToolRegistry([tool], { timeoutMs: 10_000 }).execute(
    'fetch_url',
    { url },
    {
      caller: { id: UserId.parse('0191d6a0-0000-7000-8000-000000000001'), admin: false },
      callId: 'call',
      signal: new AbortController().signal,
    },
  )
}

test('a page is read as its text, without scripts, and with its links', async () => {
  await using server = await serve((_, response) => {
    response.setHeader('content-type', 'text/html; charset=iso-8859-1')
    const html =
      '<title>T</title><script>evil()</script><h1>Gr\xfc\xdfe</h1><p>See <a href="/more">more</a>.<img src=x>'
    response.end(Buffer.from(html, 'latin1'))
  })
  expect(await fetching(server.url)).toEqual({
    ok: true,
    output: {
      url: server.url,
      status: 200,
      content_type: 'text/html; charset=iso-8859-1',
      text: expect.stringMatching(/^(T\s+)?GRÜSSE|Grüße/i),
      truncated: false,
    },
  })
  const outcome = await fetching(server.url)
  expect(JSON.stringify(outcome)).toContain(`more [http://page.test:${server.port}/more]`)
  expect(JSON.stringify(outcome)).not.toMatch(/evil|<p>/)
})

test('an address that is not public is refused: as it stands, and as what a name means', async () => {
  await using server = await serve((_, response) => response.end('secret'))
  const refused = { ok: false, error: expect.stringContaining('not on the public internet') }
  expect(await fetching(`http://${PRIVATE}:${server.port}/`)).toMatchObject(refused)
  expect(await fetching(`http://[::1]:${server.port}/`)).toMatchObject(refused)
  expect(await fetching(`http://0x7f000002:${server.port}/`)).toMatchObject(refused)
  const both = [PUBLIC, PRIVATE].map((address) => ({ address, family: 4 }))
  expect(await fetching(server.url, { resolve: async () => both })).toMatchObject(refused)
  expect(await fetching(server.url, { resolve: async () => [] })).toMatchObject(refused)
  expect(await fetching(`http://ada:secret@page.test:${server.port}/`)).toMatchObject({ ok: false })
  expect(await fetching('file:///etc/passwd')).toMatchObject({ ok: false })
  expect(server.asked).toEqual([])
})

test('a redirect to such an address is refused, and so is one without end', async () => {
  await using server = await serve((request, response) => {
    const { port } = server
    const target =
      request.url === '/' ? `http://${PRIVATE}:${port}/secret` : `/again${Math.random()}`
    response.writeHead(302, { location: target }).end()
  })
  expect(await fetching(server.url)).toMatchObject({ error: expect.stringContaining('not on the') })
  expect(await fetching(`${server.url}loop`)).toMatchObject({
    error: expect.stringContaining('redirects'),
  })
  expect(server.asked.filter((asked) => asked.includes('secret'))).toEqual([])
})

test('a name that means another address a moment later is connected to where it was checked', async () => {
  await using server = await serve((_, response) => {
    response.setHeader('content-type', 'text/plain').end('ok')
  })
  let looked = 0
  const resolve = async () => {
    looked += 1
    return [{ address: looked === 1 ? PUBLIC : PRIVATE, family: 4 }]
  }
  expect(await fetching(server.url, { resolve })).toMatchObject({ ok: true })
  expect(looked).toBe(1)
  expect(server.asked).toEqual([expect.stringContaining(PUBLIC)])
})

test('of a page without end, or one that unpacks to more than it seems, a part is read', async () => {
  const packed = gzipSync(Buffer.alloc(50 * 1024 * 1024, 'a'))
  await using server = await serve((request, response) => {
    response.setHeader('content-type', 'text/plain')
    if (request.url === '/packed') {
      return response.setHeader('content-encoding', 'gzip').end(packed)
    }
    const more = (): void => {
      while (!response.destroyed && response.write('y'.repeat(10_000)));
      if (!response.destroyed) response.once('drain', more)
    }
    return more()
  })
  for (const url of [`${server.url}packed`, server.url]) {
    const outcome = await fetching(url)
    expect(outcome).toMatchObject({ ok: true, output: { truncated: true } })
    expect(JSON.stringify(outcome).length).toBeLessThan(51_000)
  }
})

test('what is no text is not read, and what is not there says why', async () => {
  await using server = await serve((_, response) => {
    response.setHeader('content-type', 'image/png').end('PNG')
  })
  expect(await fetching(server.url)).toMatchObject({ error: expect.stringContaining('image/png') })
  await server[Symbol.asyncDispose]()
  expect(await fetching(server.url)).toMatchObject({
    error: expect.stringContaining('ECONNREFUSED'),
  })
})

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['::ffff:8.8.8.8', false],
  ['::ffff:127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['2001::1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['ff02::1', false],
])('whether %s is of the public internet: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic)
})
