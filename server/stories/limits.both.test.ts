import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startTestApp } from '../testing/app.ts'
import type { Storage } from '../testing/app.ts'
import { askRaw } from '../testing/ask-raw.ts'
import { onEachStorage } from '../testing/each-storage.ts'
import {
  ACCOUNTS,
  byHeader,
  callerAs,
  callerFrom,
  countAllowed,
  makePerson,
} from '../testing/callers.ts'
import { startAccounts } from '../testing/people.ts'
import { connectPlain } from '../testing/plain-client.ts'
import { watch } from '../testing/watch.ts'

/** What each person, key and address may ask (P15), on either database. */
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
      // tRPC's event streams say so in an event, as they do of any refusal.
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

    test('runs over the number at once wait in their sessions, and each begins when one ends', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const first = await ann.sessions.create({ title: null })
      const second = await ann.sessions.create({ title: null })
      await ann.messages.send({ sessionId: first.id, text: 'One' })
      const call = await app.model.nextCall()
      await using live = watch(ann, second.id)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId: second.id, text: 'Two' })
      await ann.messages.send({ sessionId: second.id, text: 'Three' })
      const { messages } = await ann.messages.list({ sessionId: second.id })
      expect(messages.map(({ status }) => status)).toEqual(['queued', 'queued'])
      expect(await ann.sessions.get({ id: second.id })).toMatchObject({
        running: false,
        title: 'Two',
      })
      call.say('Done.')
      call.finish()
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({ text: 'Two' })
      next.finish()
      const last = await app.model.nextCall()
      expect(last.step.messages.at(-1)).toMatchObject({ text: 'Three' })
      last.finish()
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
    })

    test('one person’s hundred runs do not hold up another’s first', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, {
        LIMIT_RUNS_AT_ONCE: '1',
        LIMIT_SENDS_PER_MINUTE: '1000',
      })
      const ann = await callerAs(app, await makePerson(app))
      for (let count = 0; count < 12; count += 1) {
        const { id: sessionId } = await ann.sessions.create({ title: 'Many' })
        await ann.messages.send({ sessionId, text: `Ann ${count}` })
      }
      const bob = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await bob.sessions.create({ title: 'One' })
      await bob.messages.send({ sessionId, text: 'Bob' })
      const calls = [await app.model.nextCall(), await app.model.nextCall()]
      expect(calls.map(({ step }) => step.messages.at(-1))).toMatchObject([
        { text: 'Ann 0' },
        { text: 'Bob' },
      ])
      expect(app.model.asked).toBe(2)
    })

    test('a message that waits for its turn can be taken back, and an answer anew waits too', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      app.model.plan('The answer.')
      const ann = await callerAs(app, await makePerson(app))
      const { id: answered } = await ann.sessions.create({ title: 'Answered' })
      await using live = watch(ann, answered)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId: answered, text: 'Question' })
      const { messageId } = await live.untilEvent('end')
      const { id: busy } = await ann.sessions.create({ title: 'Busy' })
      await ann.messages.send({ sessionId: busy, text: 'Long' })
      const call = await app.model.nextCall()
      const { id: other } = await ann.sessions.create({ title: 'Other' })
      const { messageId: taken } = await ann.messages.send({ sessionId: other, text: 'Taken' })
      await ann.messages.regenerate({ id: messageId })
      await ann.messages.unqueue({ id: taken })
      call.finish()
      const again = await app.model.nextCall()
      expect(again.step.messages.at(-1)).toMatchObject({ text: 'Question' })
      again.finish()
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
    })

    test('an answer that is to go on waits too, and goes on in its place', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await ann.sessions.create({ title: 'Cut' })
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId, text: 'Question' })
      const cut = await app.model.nextCall()
      cut.say('Half')
      cut.push({ type: 'finish', finish: 'length' })
      const { messageId } = await live.untilEvent('end')
      const { id: busy } = await ann.sessions.create({ title: 'Busy' })
      await ann.messages.send({ sessionId: busy, text: 'Long' })
      const long = await app.model.nextCall()
      const continued = await ann.messages.continue({ id: messageId })
      expect(await ann.messages.continue({ id: messageId })).toEqual(continued)
      expect(app.model.asked).toBe(2)
      long.finish()
      const on = await app.model.nextCall()
      expect(on.step.messages.slice(0, 2)).toMatchObject([{ text: 'Question' }, { text: 'Half' }])
      on.say(' and whole')
      on.finish()
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
      expect(live.state?.messages).toMatchObject([
        { role: 'user' },
        { id: messageId, status: 'completed', parts: [{ text: 'Half' }, { text: ' and whole' }] },
      ])
    })

    test('guessing passwords and becoming guests without end is refused over HTTP, alike for all accounts', async () => {
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: { AUTH_GUESTS: 'true' } })
      await app.setUp('ada@example.com')
      const guess = async (email: string) =>
        app.ask('/api/auth/sign-in/email', { body: { email, password: 'wrong password' } })
      const known: number[] = []
      const unknown: number[] = []
      for (let attempt = 0; attempt < 11; attempt += 1) {
        known.push((await guess('ada@example.com')).status)
        unknown.push((await guess('nobody@example.com')).status)
      }
      expect(known).toEqual([...Array(10).fill(401), 429])
      expect(unknown).toEqual(known)
      const refused = await guess('ada@example.com')
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(refused.body).toMatchObject({ code: 'TOO_MANY_REQUESTS' })
      const statuses: number[] = []
      for (let guest = 0; guest < 21; guest += 1) {
        statuses.push((await app.ask('/api/auth/sign-in/anonymous', { body: {} })).status)
      }
      expect(statuses).toEqual([...Array(20).fill(200), 429])

      // Other spellings of a counted path: another address, or the same limit.
      const post = async (path: string) => {
        const body = JSON.stringify({ email: 'ada@example.com', password: 'wrong password' })
        return (await askRaw(app.url, path, { method: 'POST', body })).status
      }
      for (const path of ['/api/auth/x/../sign-in/email', '/api/auth/sign-in/%2e/anonymous']) {
        expect(await post(path), path).toBe(400)
      }
      for (const path of ['/api/auth/sign-in/email/', '/%61pi/auth/sign%2Din/%65mail']) {
        expect(await post(path), path).toBe(429)
      }
    })

    test('failed sign-ins are counted by account and by address, also when they come at once', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const { limits } = app.services
      if (!limits) throw new Error('a server with accounts has limits')
      const attempt = (account: string, address: string) => limits.beginSignIn({ account, address })
      const guesses = Array.from({ length: 30 }, (_, index) =>
        attempt('Ann@example.com', `203.0.113.${index}`),
      )
      expect(await countAllowed(guesses)).toBe(10)
      expect(await countAllowed([attempt('ann@example.com ', '198.51.100.1')])).toBe(0)
      const spray = Array.from({ length: 80 }, (_, index) =>
        attempt(`user${index}@example.com`, '198.51.100.2'),
      )
      expect(await countAllowed(spray)).toBe(50)
      await limits.signedIn({ account: 'ann@example.com', address: '198.51.100.1' })
      expect(await countAllowed([attempt('ann@example.com', '198.51.100.1')])).toBe(1)
    })
  })
})

function start({ env }: Storage, more: Record<string, string> = {}, clock?: () => number) {
  return startTestApp({
    env: { ...env, ...ACCOUNTS, ...more },
    authenticate: byHeader,
    ...(clock && { clock }),
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error
}

/** Asks who one is over a WebSocket. */
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
