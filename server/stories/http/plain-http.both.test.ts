import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { appRouter } from '../../router.ts'
import { startTestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { getText, statusOf } from '../../testing/clients/plain-http.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

/** The plain HTTP interface, without tRPC, on either database. */
onEachStorage((database, openStorage) => {
  describe(`plain HTTP, on ${database}`, () => {
    test('says that the server is well, alive and ready, and, draining, that it is not ready any more', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const health = await getJson(`${url}/health`)
      expect(health).toEqual({
        status: 'ok',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        uptimeSeconds: expect.any(Number),
        database: 'DATABASE_URL' in storage.env ? 'postgres' : 'embedded',
        model: 'compatible',
      })
      expect(await statusOf(`${url}/livez`)).toBe(200)
      expect(await statusOf(`${url}/readyz`)).toBe(200)
      app.drain()
      expect(await statusOf(`${url}/readyz`)).toBe(503)
      expect(await statusOf(`${url}/livez`)).toBe(200)
      expect(await statusOf(`${url}/health`)).toBe(200)
    })

    test('counts what it does at /metrics, and nothing of what anyone says', async () => {
      await using storage = await openStorage()
      const registry = new Registry()
      new Counter({ name: 'of_the_embedder_total', help: 'Its own.', registers: [registry] })
      await using app = await startTestApp({ ...storage, metrics: registry })
      const url = await app.listen()
      const { id } = await postJson(`${url}/api/session`, {})
      await postJson(`${url}/api/session/${id}/messages`, { text: 'A secret' })
      const call = await app.model.nextCall()
      call.say('Another secret')
      call.finish()
      const metrics = async () => (await fetch(`${url}/metrics`)).text()
      await expect.poll(metrics).toContain('throughline_runs_ended_total{outcome="completed"} 1')
      const text = await metrics()
      expect(text).toMatch(/^throughline_http_requests_total\{method="POST",status="200"\} 2$/m)
      expect(text).toMatch(/^throughline_events_committed_total\{type="chunk"\} [1-9]/m)
      expect(text).toMatch(/^throughline_readers 0$/m)
      expect(text).toMatch(/^of_the_embedder_total 0$/m)
      expect(text).not.toContain('secret')
      expect(text).not.toContain(id)
      const answer = await fetch(`${url}/metrics`)
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
      const socket = new WebSocket(`${url}/ws/session/${id}`)
      await once(socket, 'open')
      await expect.poll(metrics).toMatch(/^throughline_readers 1$/m)
      expect(await metrics()).toMatch(/^throughline_websockets 1$/m)
      socket.close()
    })

    test('a quiet watch over server-sent events is pinged, more often than its reader is told to lose patience', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const { id } = await app.caller.sessions.create({})
      const input = encodeURIComponent(JSON.stringify({ id }))
      const response = await fetch(`${url}/trpc/sessions.watch?input=${input}`)
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const { value = '' } = (await reader?.read()) ?? {}
      const told: unknown = JSON.parse(/event: connected\ndata: (.*)/.exec(value)?.[1] ?? 'null')
      expect(told).toEqual({ reconnectAfterInactivityMs: 60_000 })
      expect(appRouter._def._config.sse?.ping).toEqual({ enabled: true, intervalMs: 30_000 })
      await reader?.cancel()
    })

    test('carries a conversation from its creation to its end, with its log', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const api = `${await app.listen()}/api`
      const created = await postJson(`${api}/session`, { title: 'By hand' })
      expect(created).toMatchObject({ title: 'By hand', status: 'active', running: false })
      const { id } = created
      expect(await postJson(`${api}/session`, { id })).toMatchObject({ id, title: 'By hand' })
      expect(await getJson(`${api}/session`)).toMatchObject({ items: [{ id }], nextCursor: null })

      const messageId = crypto.randomUUID()
      const message = { id: messageId, text: 'Hello' }
      const sent = await postJson(`${api}/session/${id}/messages`, message)
      expect(sent).toEqual({ messageId, runId: expect.any(String) })
      expect(await postJson(`${api}/session/${id}/messages`, message)).toEqual(sent)
      const call = await app.model.nextCall()
      call.say('Hi ', 'there')
      call.finish()
      await expect
        .poll(() => getJson(`${api}/session/${id}`), { timeout: 10_000 })
        .toMatchObject({
          id,
          running: false,
          messages: [
            { id: messageId, role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
            { role: 'assistant', status: 'completed', parts: [{ text: 'Hi there' }] },
          ],
        })
      expect(app.model.asked).toBe(1)

      const seqs: number[] = []
      const types: string[] = []
      for (let after: number | null = 0; after !== null;) {
        const text = await getText(`${api}/session/${id}/log?after=${after}&limit=2`)
        const page: LogPage = JSON.parse(text)
        seqs.push(...page.events.map(({ seq }) => seq))
        types.push(...page.events.map(({ event }) => event.type))
        after = page.nextAfter
      }
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
      expect(types.filter((type) => type === 'start' || type === 'end')).toEqual(['start', 'end'])
      expect(types).toContain('message')
      expect(types).toContain('chunk')
    })

    test('stops an answer, and stopping twice is stopping once (P9)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const api = `${await app.listen()}/api`
      const { id } = await postJson(`${api}/session`, {})
      await postJson(`${api}/session/${id}/messages`, { text: 'Count' })
      const call = await app.model.nextCall()
      call.say('one')
      await expect.poll(() => getText(`${api}/session/${id}`)).toContain('"one"')
      expect(await postJson(`${api}/session/${id}/stop`, {})).toEqual({ stopped: true })
      await expect
        .poll(() => getJson(`${api}/session/${id}`), { timeout: 10_000 })
        .toMatchObject({ running: false, messages: [{}, { status: 'stopped' }] })
      expect(call.signal.aborted).toBe(true)
      expect(await postJson(`${api}/session/${id}/stop`, {})).toEqual({ stopped: false })
    })

    test('refuses with a status, a code and words for a person', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const api = `${await app.listen()}/api`
      const { id } = await postJson(`${api}/session`, {})
      const message = { id: crypto.randomUUID(), text: 'Hello' }
      await postJson(`${api}/session/${id}/messages`, message)
      const messages = `${api}/session/${id}/messages`
      const refusals: [Promise<Response>, number, string][] = [
        [fetch(`${api}/session/${crypto.randomUUID()}`), 404, 'NOT_FOUND'],
        [fetch(`${api}/session/not-a-uuid`), 400, 'BAD_REQUEST'],
        [fetch(`${api}/nothing-here`), 404, 'NOT_FOUND'],
        [post(messages, { ...message, text: 'Another' }), 409, 'CONFLICT'],
        [post(messages, { text: 'Now', whenBusy: 'reject' }), 409, 'CONFLICT'],
        [post(messages, { text: ' ' }), 400, 'BAD_REQUEST'],
        [post(messages, { text: 'x'.repeat(200_001) }), 400, 'BAD_REQUEST'],
        [post(messages, { text: 'x'.repeat(2 ** 20) }), 413, 'PAYLOAD_TOO_LARGE'],
      ]
      for (const [response, status, code] of refusals) {
        const refused = await response
        const body: unknown = await refused.json()
        expect([refused.status, body]).toMatchObject([
          status,
          { code, message: expect.stringMatching(/\w/) },
        ])
        expect(JSON.stringify(body)).not.toMatch(/stack|node_modules/)
      }
    })

    test('refuses a foreign Origin and a foreign Host with 403, at requests and at upgrades', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const session = `/ws/session/${crypto.randomUUID()}`
      const foreign: Record<string, string>[] = [
        { origin: 'https://evil.example' },
        { host: 'evil.example' },
      ]
      for (const headers of foreign) {
        expect(await rawStatus(`${url}/api/session`, headers)).toBe(403)
        expect(await upgradeStatus(`${url}/trpc`, headers)).toBe(403)
        expect(await upgradeStatus(url + session, headers)).toBe(403)
      }
      expect(await rawStatus(`${url}/api/session`, { origin: url })).toBe(200)
      expect(await upgradeStatus(url + session, { origin: url })).toBe(101)
    })

    test('takes twenty calls in a batch and no more, over HTTP and over a socket (P12)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const names = (size: number) => Array.from({ length: size }, () => 'me').join(',')
      expect(await statusOf(`${url}/trpc/${names(20)}?batch=1&input={}`)).toBe(200)
      const refused = await fetch(`${url}/trpc/${names(21)}?batch=1&input={}`)
      expect(refused.status).toBe(400)
      expect(await refused.text()).toContain('At most 20')

      const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`)
      await once(socket, 'open')
      const answers: unknown[] = []
      const all = Promise.withResolvers<void>()
      socket.on('message', (data) => {
        answers.push(JSON.parse(Buffer.isBuffer(data) ? data.toString() : 'null'))
        if (answers.length === 41) all.resolve()
      })
      const batch = (size: number, from: number) =>
        Array.from({ length: size }, (_, index) => ({
          id: from + index,
          method: 'query',
          params: { path: 'me' },
        }))
      socket.send(JSON.stringify(batch(20, 1)))
      socket.send(JSON.stringify(batch(21, 21)))
      await all.promise
      const isRefused = (id: number) =>
        answers.some((answer) => isRecord(answer) && answer.id === id && 'error' in answer)
      expect([1, 20, 21, 41].map(isRefused)).toEqual([false, false, true, true])
      expect(JSON.stringify(answers)).toContain('At most 20')
      socket.terminate()
    })
  })
})

type LogPage = { events: { seq: number; event: { type: string } }[]; nextAfter: number | null }

async function getJson(url: string): Promise<unknown> {
  return JSON.parse(await getText(url))
}

function post(url: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function postJson(url: string, body: object): Promise<{ id: string }> {
  const response = await post(url, body)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return JSON.parse(text)
}

/** `fetch` does not allow setting the Host header. */
async function rawStatus(url: string, headers: Record<string, string>): Promise<number> {
  const sent = request(url, { headers }).end()
  const [response]: IncomingMessage[] = await once(sent, 'response')
  response?.resume()
  return response?.statusCode ?? 0
}

async function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  socket.on('error', reject)
  socket.on('open', () => resolve(101))
  socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  try {
    return await promise
  } finally {
    socket.on('error', () => undefined)
    socket.terminate()
  }
}
