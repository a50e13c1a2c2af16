import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { guardedFetch, isAllowedForSignIn } from './guarded-fetch.ts'

const ELSEWHERE = 'https://mcp.example/mcp'
const HERE = 'http://127.0.0.1:9/mcp'

/** Of names that a server’s metadata may have. */
async function resolve(hostname: string) {
  const inside = hostname === 'sign.inside.example' ? '192.168.1.9' : null
  const here = hostname === 'sign.here.example' ? '127.0.0.1' : null
  return [{ address: inside ?? here ?? '93.184.216.34', family: 4 }]
}

/** An authorization server on this machine; `/elsewhere` leads to its token. */
async function startHere() {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (request.url === '/elsewhere') response.writeHead(307, { location: '/token' }).end()
    else if (request.url === '/endless') response.end('x'.repeat(2 * 1024 * 1024))
    else response.end('a token')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    asked,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('a request is not sent on to another address, and an answer has a bound', async () => {
  await using here = await startHere()
  const ask = guardedFetch(HERE)
  const told = await ask(`${here.url}/token`, { method: 'POST', body: 'secret' })
  expect(await told.text()).toBe('a token')
  await expect(ask(`${here.url}/elsewhere`, { method: 'POST', body: 'secret' })).rejects.toThrow()
  expect(here.asked).toEqual(['/token', '/elsewhere'])
  await expect(ask(`${here.url}/endless`)).rejects.toThrow('too much')
})

test.each([
  [ELSEWHERE, 'http://sign.example/token'],
  [ELSEWHERE, 'https://127.0.0.1/token'],
  [ELSEWHERE, 'https://localhost/token'],
  [ELSEWHERE, 'https://[::1]/token'],
  [ELSEWHERE, 'https://2130706434/token'],
  [ELSEWHERE, 'https://name:password@sign.example/token'],
  [HERE, 'http://sign.example/token'],
])('a server at %s may not have %s asked', async (server, url) => {
  await expect(guardedFetch(server)(url)).rejects.toThrow('is not encrypted, or is one of')
})

const INSIDE = 'https://10.1.2.3/mcp'

test.each([
  [ELSEWHERE, 'https://10.0.0.5/token'],
  [ELSEWHERE, 'https://169.254.169.254/token'],
  [ELSEWHERE, 'https://[::ffff:127.0.0.1]/token'],
  [ELSEWHERE, 'https://0.0.0.0/token'],
  [ELSEWHERE, 'https://sign.inside.example/token'],
  [ELSEWHERE, 'https://sign.here.example/token'],
  [INSIDE, 'https://sign.here.example/token'],
  [INSIDE, 'https://169.254.169.254/token'],
])('a server at %s does not lead to %s, which is not public', async (server, url) => {
  await expect(guardedFetch(server, resolve)(url)).rejects.toThrow('is not on the public internet')
})

test('a server of an organization’s own network may have its sign-in there', async () => {
  const asked = new AbortController()
  asked.abort(new Error('it would be asked'))
  const ask = guardedFetch(INSIDE, resolve)
  const { signal } = asked
  await expect(ask('https://sign.inside.example/', { signal })).rejects.toThrow('would be asked')
})

test('people are sent to encrypted pages, and to this machine for a server that is here', () => {
  expect(isAllowedForSignIn(new URL('https://sign.example/'), ELSEWHERE)).toBe(true)
  expect(isAllowedForSignIn(new URL('http://sign.example/'), HERE)).toBe(false)
  expect(isAllowedForSignIn(new URL('http://127.0.0.1:1/'), HERE)).toBe(true)
  expect(isAllowedForSignIn(new URL('http://127.0.0.1:1/'), ELSEWHERE)).toBe(false)
  expect(isAllowedForSignIn(new URL('javascript:alert(1)'), HERE)).toBe(false)
})
