import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Storage } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import {
  byHeader,
  callerAs,
  callerFrom,
  countAllowed,
  makePerson,
  startForCallers,
} from '../../testing/clients/callers.ts'
import { connectPlain } from '../../testing/clients/plain-client.ts'

/** Limits of requests for each person, key and address (P15), on either database. */
onEachStorage((database, openStorage) => {
  describe(`limits, on ${database}`, () => {
    test('requests are counted by person over every surface, and the refusal says when to ask again', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_REQUESTS_PER_MINUTE: '4' })
      const url = await app.listen()
      const ask = (path: string, who: string) => fetch(url + path, { headers: { 'x-user': who } })
      expect((await ask('/api/me', 'ann')).status).toBe(200)
      expect((await ask('/trpc/me', 'ann')).status).toBe(200)
      expect(await overSocket(url, 'ann')).toMatchObject({ result: { data: { name: 'ann' } } })
      const stream = await ask('/trpc/sessions.changes', 'ann')
      expect(stream.status).toBe(200)
      await stream.body?.cancel()

      const rest = await ask('/api/me', 'ann')
      expect(rest.status).toBe(429)
      expect(Number(rest.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(rest.headers.get('retry-after'))).toBeLessThanOrEqual(60)
      expect(await rest.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' })
      const trpc = await ask('/trpc/me', 'ann')
      expect(trpc.status).toBe(429)
      expect(Number(trpc.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await overSocket(url, 'ann')).toMatchObject({
        error: { data: { code: 'TOO_MANY_REQUESTS', retryAfterSeconds: expect.any(Number) } },
      })
      // tRPC's event streams report it in an event, like any refusal.
      const refused = await (await ask('/trpc/sessions.changes', 'ann')).text()
      expect(refused).toMatch(/"code":"TOO_MANY_REQUESTS".*"retryAfterSeconds":\d+/)
      const plain = connectPlain(
        `${url.replace('http', 'ws')}/ws/session/${app.services.newId()}`,
        { 'x-user': 'ann' },
      )
      expect(await plain.until(({ type }) => type === 'error')).toMatchObject({
        code: 'TOO_MANY_REQUESTS',
        retry_after: expect.any(Number),
      })
      expect((await ask('/api/me', 'bob')).status).toBe(200)
      const metrics = await (await fetch(`${url}/metrics`)).text()
      expect(metrics).toContain('throughline_limit_refusals_total{limit="requests",by="user"} 5')
    })

    test('who is signed in nowhere is counted by address, an IPv6 network as one', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_REQUESTS_PER_MINUTE: '3' })
      const from = (address: string) =>
        callerFrom(app, address)
          .me()
          .catch((error: unknown) => codeOf(error))
      expect(await from('2001:db8::1')).toBe('UNAUTHORIZED')
      expect(await from('2001:db8::2')).toBe('UNAUTHORIZED')
      expect(await from('2001:db8:0:0:ffff::3')).toBe('UNAUTHORIZED')
      expect(await from('2001:db8::4')).toBe('TOO_MANY_REQUESTS')
      expect(await from('2001:db8:0:1::4')).toBe('UNAUTHORIZED')
      expect(await from('203.0.113.7')).toBe('UNAUTHORIZED')
    })

    test('an address that a client made up is not believed: the proxy’s word counts', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, {
        LIMIT_REQUESTS_PER_MINUTE: '2',
        TRUST_PROXY: 'none',
      })
      const url = await app.listen()
      const statuses: number[] = []
      for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) {
        const headers = { 'x-forwarded-for': address }
        statuses.push((await fetch(`${url}/api/me`, { headers })).status)
      }
      expect(statuses).toEqual([401, 401, 429])
    })

    test('guests from one address share what one person may ask', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_REQUESTS_PER_MINUTE: '3' })
      const login = { kind: 'guest' as const }
      const callers = await Promise.all(
        Array.from({ length: 5 }, async () =>
          callerAs(app, await makePerson(app), { login, address: '203.0.113.7' }),
        ),
      )
      expect(await countAllowed(callers.map((caller) => caller.me()))).toBe(3)
      const { limits } = app.services
      const guests = Array.from({ length: 25 }, () => limits?.admitGuest('203.0.113.8'))
      expect(await countAllowed(guests.map((one) => Promise.resolve(one)))).toBe(20)
    })

    test('sends over the minute’s are refused, but one that was sent already is the same send (P5)', async () => {
      await using storage = await openStorage()
      let now = Date.parse('2026-03-29T12:00:00.000Z')
      await using app = await start(storage, { LIMIT_SENDS_PER_MINUTE: '2' }, () => now)
      const ann = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await ann.sessions.create({ title: 'One' })
      const id = app.services.newId()
      const first = await ann.messages.send({ sessionId, id, text: 'One' })
      await ann.messages.send({ sessionId, text: 'Two' })
      await expect(ann.messages.send({ sessionId, text: 'Three' })).rejects.toThrow(
        /Too many messages in this minute. Try again in 60 seconds/,
      )
      expect(await ann.messages.send({ sessionId, id, text: 'One' })).toEqual(first)
      now += 60_000
      await ann.messages.send({ sessionId, text: 'Three' })
    })

    test('an administrator’s limit holds in place of the settings’, at once', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_REQUESTS_PER_MINUTE: '2' })
      const id = await makePerson(app)
      const ann = await callerAs(app, id)
      expect(await countAllowed([ann.me(), ann.me(), ann.me()])).toBe(2)
      const admin = await callerAs(app, await makePerson(app, { role: 'admin' }))
      await admin.admin.users.update({ id, limits: { requestsPerMinute: 5 } })
      const same = await callerAs(app, id)
      expect(await countAllowed(Array.from({ length: 6 }, () => same.me()))).toBe(3)
      await admin.admin.users.update({ id, limits: { requestsPerMinute: null } })
      const free = await callerAs(app, id)
      expect(await countAllowed(Array.from({ length: 20 }, () => free.me()))).toBe(20)
    })

    test('who has stored all they may can neither send nor import, until they delete', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_STORAGE_MB: '0.01' })
      const ann = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await ann.sessions.create({ title: 'Long' })
      await ann.messages.send({ sessionId, text: 'x'.repeat(8_000) })
      const more = { sessionId, text: 'x'.repeat(8_000) }
      await expect(ann.messages.send(more)).rejects.toThrow(/0.01 MB.*Delete/)
      await ann.sessions.delete({ id: sessionId })
      const { id } = await ann.sessions.create({ title: 'Again' })
      await ann.messages.send({ ...more, sessionId: id })
    })

    test('presets and projects count too', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_STORAGE_MB: '0.2' })
      const ann = await callerAs(app, await makePerson(app))
      const text = () => randomBytes(20_000).toString('hex')
      const untilRefused = async (keep: () => Promise<unknown>) => {
        for (let kept = 0; kept < 12; kept += 1) {
          const error = await keep().then(
            () => null,
            (reason: unknown) => reason,
          )
          if (error) {
            expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS' })
            return kept
          }
        }
        throw new Error('nothing was refused')
      }
      const presets: string[] = []
      const savePreset = () => {
        const id = randomUUID()
        presets.push(id)
        return ann.presets.save({ id, name: 'Mine', instructions: text() })
      }
      expect(await untilRefused(savePreset)).toBeGreaterThan(2)
      for (const id of presets) await ann.presets.delete({ id }).catch(() => undefined)
      const saveProject = () =>
        ann.projects.save({ id: randomUUID(), name: 'Ours', instructions: text(), files: [] })
      expect(await untilRefused(saveProject)).toBeGreaterThan(2)
      for (const { id } of await ann.projects.list()) await ann.projects.delete({ id })
      await savePreset()
    })

    test('an import counts with all that it brings, and is refused whole', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, {})
      const id = await makePerson(app)
      const admin = await callerAs(app, await makePerson(app, { role: 'admin' }))
      await admin.admin.users.update({ id, limits: { sessions: 5 } })
      const ann = await callerAs(app, id)
      const first = await ann.sessions.create({ title: 'One' })
      const file = await ann.sessions.export({ id: first.id, format: 'json' })
      const data = JSON.parse(file.content)
      data.sessions = Array.from({ length: 5 }, () => data.sessions[0])
      await expect(ann.sessions.import({ data })).rejects.toMatchObject({
        code: 'TOO_MANY_REQUESTS',
      })
      expect((await ann.sessions.list({})).items).toHaveLength(1)
      data.sessions.length = 4
      expect((await ann.sessions.import({ data })).sessions).toHaveLength(4)
    })
  })
})

function start(storage: Storage, more: Record<string, string> = {}, clock?: () => number) {
  return startForCallers(storage, more, { authenticate: byHeader, ...(clock && { clock }) })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error
}

/** Asks over a WebSocket who the caller is. */
function overSocket(url: string, user: string): Promise<unknown> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`, {
    headers: { 'x-user': user },
  })
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  socket.on('open', () =>
    socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'me' } })),
  )
  socket.on('error', reject)
  socket.on('message', (data) => {
    resolve(Buffer.isBuffer(data) ? JSON.parse(data.toString()) : null)
    socket.close()
  })
  return promise
}
