import { createECDH, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { claimPushes, noteMissedPushes } from '../../db/queries/push.ts'
import { suspendUser } from '../../db/queries/testing.ts'
import { askingChild, mcpConfigFile } from '../mcp/testing/servers.ts'
import { startTestApp } from '../testing/app.ts'
import { askFirst } from '../testing/ask-first.ts'
import { onEachStorage } from '../testing/each-storage.ts'
import { startAccounts } from '../testing/clients/people.ts'
import { listenOnLoopback } from '../../scripts/testing/loopback.ts'

type Told = { path: string; topic: string | undefined; authorization: string | undefined }

/** A push service that keeps the notifications of each device, and answers as the test says. */
async function startPushService() {
  const told: Told[] = []
  let status = 201
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { authorization, topic } = request.headers
      told.push({ path: request.url ?? '', authorization, topic: topic?.toString() })
      response.writeHead(status).end()
    })
  })
  const { url } = await listenOnLoopback(server)
  return {
    told,
    url,
    answerWith: (next: number) => (status = next),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

function keysOfDevice() {
  const curve = createECDH('prime256v1')
  return {
    p256dh: curve.generateKeys().toString('base64url'),
    auth: randomBytes(16).toString('base64url'),
  }
}

onEachStorage((database, openStorage) => {
  describe(`Web Push, on ${database}`, () => {
    test('tells each device once of an answer that ended and an approval that waits, and forgets one that is gone', async () => {
      await using service = await startPushService()
      await using storage = await openStorage()
      await using app = await startTestApp({ ...storage, tools: [askFirst] })
      const { caller } = app
      const { push } = caller
      expect(Buffer.from((await push.key()).publicKey, 'base64url')).toHaveLength(65)
      for (const device of ['phone', 'laptop']) {
        await push.subscribe({ endpoint: `${service.url}/${device}`, keys: keysOfDevice() })
        // A repeated subscription is the same device.
        await push.subscribe({ endpoint: `${service.url}/${device}`, keys: keysOfDevice() })
      }
      const { id: sessionId } = await caller.sessions.create({})
      app.model.plan({ tools: [{ name: 'ask_first', input: {} }] }, 'Done.')
      await caller.messages.send({ sessionId, text: 'Go' })
      await expect.poll(() => paths(service.told)).toEqual(['/laptop', '/phone'])
      expect(service.told[0]).toMatchObject({
        topic: sessionId.replaceAll('-', ''),
        authorization: expect.stringMatching(/^vapid t=.+, k=/),
      })
      service.told.length = 0
      const waiting = (await caller.messages.list({ sessionId })).messages.at(-1)
      const part = waiting?.parts.find(({ type }) => type === 'tool')
      await caller.tools.decide({
        callId: part?.type === 'tool' ? part.call.id : '',
        decision: 'deny',
      })
      await expect.poll(() => paths(service.told)).toEqual(['/laptop', '/phone'])

      // Another round, as after a crash, sends nothing again.
      const { db } = app.services.database
      await noteMissedPushes(db, 10)
      expect(await claimPushes(db, { limit: 10, most: 3, busy: [], seconds: 30 })).toEqual([])

      service.told.length = 0
      service.answerWith(410)
      await push.unsubscribe({ endpoint: `${service.url}/laptop` })
      app.model.plan('Again.')
      await caller.messages.send({ sessionId, text: 'Again' })
      await expect.poll(() => paths(service.told)).toEqual(['/phone'])
      const devices = () => db.selectFrom('push_subscriptions').select('id').execute()
      await expect.poll(devices).toEqual([])
    })

    test('tells each device once of a question that an MCP server asks, also when its node died just then', async () => {
      await using service = await startPushService()
      await using storage = await openStorage()
      await using file = await mcpConfigFile([askingChild()])
      const env = { ...storage.env, MCP_CONFIG: file.path }
      await using app = await startTestApp({ ...storage, env })
      const { caller } = app
      const known = async () => (await caller.tools.list()).map((tool) => tool.name)
      await expect.poll(known, { timeout: 30_000 }).toContain('asking__twice')
      await caller.push.subscribe({ endpoint: `${service.url}/phone`, keys: keysOfDevice() })
      const { id: sessionId } = await caller.sessions.create({})
      await caller.messages.send({ sessionId, text: 'Go' })
      ;(await app.model.nextCall()).callTools({ name: 'asking__twice', arguments: {} })
      await expect.poll(() => paths(service.told)).toEqual(['/phone'])
      const { db } = app.services.database
      const due = () => claimPushes(db, { limit: 10, most: 3, busy: [], seconds: 30 })
      await noteMissedPushes(db, 10)
      expect(await due()).toEqual([])

      // A question that could not be recorded when it was asked is recorded later.
      await expect.poll(() => db.selectFrom('pushes').select('done_at').execute()).toHaveLength(1)
      await db.deleteFrom('pushes').execute()
      await noteMissedPushes(db, 10)
      expect(await db.selectFrom('pushes').select('kind').execute()).toEqual([{ kind: 'waits' }])
      await db.updateTable('pushes').set({ done_at: new Date().toISOString() }).execute()

      const last = (await caller.messages.list({ sessionId })).messages.at(-1)
      const part = last?.parts.find(({ type }) => type === 'tool')
      const call = part?.type === 'tool' ? part.call : undefined
      await caller.tools.reply({
        ...{ callId: call?.id ?? '', action: 'decline' },
        questionId: call?.questions?.[0]?.id ?? '',
      })
      // The second question of a call has a notification of its own.
      await expect.poll(() => paths(service.told)).toEqual(['/phone', '/phone'])
      await caller.runs.stop({ sessionId })
    })

    test('is not held up by a device with keys that are none, nor told of what a fork copied or ended before', async () => {
      await using service = await startPushService()
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { push } = caller
      const endpoint = `${service.url}/bad`
      const { auth } = keysOfDevice()
      const tooLong = { p256dh: Buffer.alloc(66, 4).toString('base64url'), auth }
      await expect(push.subscribe({ endpoint, keys: tooLong })).rejects.toThrow('p256dh')
      // This key has the form of a point, but is not on the curve.
      await push.subscribe({ endpoint, keys: { p256dh: `B${'A'.repeat(86)}`, auth } })
      await push.subscribe({ endpoint: `${service.url}/good`, keys: keysOfDevice() })
      const { id: sessionId } = await caller.sessions.create({})
      app.model.plan('Done.')
      await caller.messages.send({ sessionId, text: 'Go' })
      await expect.poll(() => paths(service.told)).toEqual(['/good'])
      const { db } = app.services.database
      const told = () => db.selectFrom('pushes').select(['tries', 'done_at as done']).execute()
      const once = { tries: 1, done: expect.any(String) }
      await expect.poll(told).toEqual([once, once])

      const { messages } = await caller.messages.list({ sessionId })
      await caller.sessions.fork({ messageId: messages.at(-1)?.id ?? '' })
      await noteMissedPushes(db, 10)
      expect(await told()).toEqual([once, once])
      // Nor is a device told of what ended before it was there.
      await push.subscribe({ endpoint: `${service.url}/late`, keys: keysOfDevice() })
      await noteMissedPushes(db, 10)
      expect(await told()).toEqual([once, once])
    })

    test('is not sent while its person is suspended', async () => {
      await using service = await startPushService()
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { db } = app.services.database
      const { id: me } = await app.caller.me()
      await app.caller.push.subscribe({ endpoint: `${service.url}/phone`, keys: keysOfDevice() })
      const { id: sessionId } = await app.caller.sessions.create({})
      app.model.plan('Hello.')
      await app.caller.messages.send({ sessionId, text: 'Hi' })
      const sent = () => db.selectFrom('pushes').where('done_at', 'is not', null).execute()
      await expect.poll(sent).toHaveLength(1)
      await suspendUser(db, me, app.services.now())
      await db.updateTable('pushes').set({ done_at: null, claimed_until: null }).execute()
      const due = { limit: 10, most: 10, busy: [], seconds: 0 }
      expect(await claimPushes(db, due)).toEqual([])
      await db.updateTable('users').set({ account_status: 'active' }).execute()
      // The server itself may be quicker.
      const claimed = await claimPushes(db, due)
      expect(claimed.length + service.told.length).toBe(2)
    })

    test('is for the login that asked, and to addresses of the public internet where people sign in', async () => {
      await using service = await startPushService()
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
      const ada = await app.setUp()
      const { db } = app.services.database
      const endpoint = `${service.url}/inside`
      const body = { endpoint, keys: keysOfDevice() }
      await app.ask('/api/push/subscription', { token: ada.token, body })
      const session = (await app.ask('/api/session', { token: ada.token, body: {} })).body
      const { id } = session as { id: string }
      app.model.plan('Hello.')
      const send = { token: ada.token, body: { text: 'Hi' } }
      await app.ask(`/api/session/${id}/messages`, send)
      const open = () => db.selectFrom('pushes').select(['seq', 'done_at as done']).execute()
      await expect.poll(open).toMatchObject([{ done: expect.any(String) }])
      expect(service.told).toEqual([])
      // A browser keeps its address when somebody else signs in there.
      const bob = await app.signUp('bob@example.com')
      await app.ask('/api/push/subscription', { token: bob.token, body })
      const { id: user_id } = (await app.ask('/api/me', { token: bob.token })).body as {
        id: string
      }
      expect(await db.selectFrom('push_subscriptions').select('user_id').execute()).toEqual([
        { user_id },
      ])
      await app.ask('/api/auth/sign-out', { cookie: bob.cookie, body: {} })
      const devices = () => db.selectFrom('push_subscriptions').select('id').execute()
      await expect.poll(devices).toEqual([])
    })
  })
})

function paths(told: readonly Told[]): string[] {
  return told.map(({ path }) => path).toSorted()
}
