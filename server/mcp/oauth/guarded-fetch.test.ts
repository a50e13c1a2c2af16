import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { guardedFetch, isAllowedForSignIn } from './guarded-fetch.ts'

const ELSEWHERE = 'https://mcp.example/mcp'
const HERE = 'http://127.0.0.1:9/mcp'

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
  [ELSEWHERE, 'https://name:password@sign.example/token'],
  [HERE, 'http://sign.example/token'],
])('a server at %s may not have %s asked', async (server, url) => {
  await expect(guardedFetch(server)(url)).rejects.toThrow('is not encrypted, or is one of')
})

test('people are sent to encrypted pages, and to this machine for a server that is here', () => {
  expect(isAllowedForSignIn(new URL('https://sign.example/'), ELSEWHERE)).toBe(true)
  expect(isAllowedForSignIn(new URL('http://sign.example/'), HERE)).toBe(false)
  expect(isAllowedForSignIn(new URL('http://127.0.0.1:1/'), HERE)).toBe(true)
  expect(isAllowedForSignIn(new URL('http://127.0.0.1:1/'), ELSEWHERE)).toBe(false)
  expect(isAllowedForSignIn(new URL('javascript:alert(1)'), HERE)).toBe(false)
})
