import { expect, test } from 'vitest'
import { startTestServer } from '../testing/server.ts'
import { STRANGERS_SESSION } from '../testing/scripted-router.ts'

const SESSION = '019b0000-0000-7000-8000-000000000001'

test('a query is a GET with its input in path and query, a mutation a POST with its input in the body', async () => {
  await using server = await startTestServer()
  const session = await fetch(`${server.url}/api/session/${SESSION}`)
  expect(session.headers.get('cache-control')).toBe('private, no-store')
  expect(await session.json()).toEqual({ id: SESSION })
  const sent = await post(`${server.url}/api/session/${SESSION}/messages`, '{"text":"hello"}')
  expect(await sent.json()).toEqual({ messageId: 'm', runId: 'r' })
  expect(server.script.calls).toEqual([
    { path: 'messages.send', input: { sessionId: SESSION, text: 'hello' } },
  ])
})

test('parameters become numbers, truth values and lists where the schema wants them', async () => {
  await using server = await startTestServer()
  const read = async (query: string) => (await fetch(`${server.url}/api/add?${query}`)).json()
  expect(await read('count=3&deep=false&tags=a')).toEqual({ count: 3, deep: false, tags: ['a'] })
  expect(await read('deep=true&tags=a&tags=b')).toEqual({ count: 1, deep: true, tags: ['a', 'b'] })
  expect((await fetch(`${server.url}/api/add?count=many`)).status).toBe(400)
  expect((await fetch(`${server.url}/api/add?deep=perhaps`)).status).toBe(400)
})

test('REST leaves the schemas strict that it shares with tRPC', async () => {
  await using server = await startTestServer()
  await fetch(`${server.url}/openapi.json`)
  await fetch(`${server.url}/api/add?count=3`)
  expect((await post(`${server.url}/trpc/store`, '{"text":"x","flag":"false"}')).status).toBe(400)
  expect((await post(`${server.url}/api/store`, '{"text":"x","flag":"false"}')).status).toBe(400)
})

test('errors are a message and a code with the right status', async () => {
  await using server = await startTestServer()
  const check = async (response: Response, status: number, code: string) => {
    expect([response.status, await response.json()]).toMatchObject([
      status,
      { code, message: expect.any(String) },
    ])
  }
  await check(await fetch(`${server.url}/api/session/${STRANGERS_SESSION}`), 404, 'NOT_FOUND')
  await check(await fetch(`${server.url}/api/session/nonsense`), 400, 'BAD_REQUEST')
  await check(await fetch(`${server.url}/api/nowhere`), 404, 'NOT_FOUND')
  await check(await post(`${server.url}/api/store`, '{"text":'), 400, 'BAD_REQUEST')
  await check(await post(`${server.url}/api/store`, '[1]'), 400, 'BAD_REQUEST')
  await check(await post(`${server.url}/api/store`, '{}'), 400, 'BAD_REQUEST')
  await check(
    await post(`${server.url}/api/store`, 'text=x', 'application/x-www-form-urlencoded'),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  )
  await check(
    await post(`${server.url}/api/store`, JSON.stringify({ text: 'x'.repeat(2 ** 20) })),
    413,
    'PAYLOAD_TOO_LARGE',
  )
  const forged = { headers: { authorization: 'Bearer forged' } }
  await check(await fetch(`${server.url}/api/me`, forged), 401, 'UNAUTHORIZED')
})

test('an action needs no body', async () => {
  await using server = await startTestServer()
  const url = `${server.url}/api/session/${SESSION}/stop`
  expect((await fetch(url, { method: 'POST' })).status).toBe(200)
  expect((await post(url, '')).status).toBe(200)
})

test('an export is a file to keep', async () => {
  await using server = await startTestServer()
  const response = await fetch(`${server.url}/api/session/${SESSION}/export?format=markdown`)
  expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
  expect(response.headers.get('content-disposition')).toBe(
    "attachment; filename*=UTF-8''a%20%E2%80%9Cchat%E2%80%9D.md",
  )
  expect(await response.text()).toBe('# markdown')
})

test('an import may be far larger than any other body', async () => {
  await using server = await startTestServer()
  const body = JSON.stringify({ data: 'x'.repeat(2 ** 21) })
  expect((await post(`${server.url}/api/session/import`, body)).status).toBe(200)
  expect((await post(`${server.url}/trpc/sessions.import`, body)).status).toBe(200)
})

test('every query and mutation is described, and no subscription', async () => {
  await using server = await startTestServer()
  const description = await (await fetch(`${server.url}/openapi.json`)).json()
  expect(description).toMatchObject({
    openapi: '3.1.0',
    info: { version: '1.2.3' },
    servers: [{ url: '/api' }],
  })
  const operations = Object.entries<Record<string, { operationId: string }>>(
    description.paths,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
  )
  expect(operations).toContain('get /session/{id} sessions-get')
  expect(operations).toContain('post /session/{sessionId}/messages messages-send')
  expect(operations).toContain('get /add add')
  expect(
    operations.some((operation) => operation.includes('watch') || operation.includes('flood')),
  ).toBe(false)
  expect(description.paths['/session/{id}'].get.parameters).toMatchObject([
    { in: 'path', name: 'id', required: true },
  ])
})

test('the description is browsable with nothing from elsewhere, under a policy that allows nothing else', async () => {
  await using server = await startTestServer()
  for (const path of ['/docs', '/redoc']) {
    const page = await fetch(server.url + path)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    const html = await page.text()
    expect(html).not.toContain('http')
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect((await fetch(server.url + file)).status).toBe(200)
  }
})

function post(url: string, body: string, type = 'application/json'): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
}
