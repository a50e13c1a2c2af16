import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { TestApp } from '../../testing/app.ts'
import {
  callerAs,
  countAllowed,
  makePerson,
  startForCallers,
} from '../../testing/clients/callers.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Limits on the number of things (P15) hold when many are added at once, on either database. */
onEachStorage((database, openStorage) => {
  describe(`many at once, on ${database}`, () => {
    test('sessions that are created, imported and forked stay within their number', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage)
      const ann = await callerAs(app, await makePerson(app, { limits: { sessions: 6 } }))
      const { id } = await ann.sessions.create({ title: 'The first' })
      const messageId = await converse(app, ann, id)
      const { content } = await ann.sessions.export({ id, format: 'json' })
      const count = async () => (await ann.sessions.list({ limit: 50 })).items.length
      const atOnce = (add: () => Promise<unknown>) =>
        countAllowed(Array.from({ length: 5 }, () => add()))
      const data = JSON.parse(content)
      const { sessions } = data
      // Each file has two sessions, and there is room for one file.
      const both = { ...data, sessions: [sessions[0], sessions[0]] }
      expect(await atOnce(() => ann.sessions.import({ data: both }))).toBe(2)
      expect(await count()).toBe(5)
      expect(await atOnce(() => ann.sessions.fork({ messageId }))).toBe(1)
      expect(await count()).toBe(6)
      // Repeated at once, a fork takes one place, also the last.
      await ann.sessions.delete({ id: (await ann.sessions.list({ limit: 1 })).items[0]?.id ?? '' })
      const forked = randomUUID()
      const forks = Array.from({ length: 5 }, () => ann.sessions.fork({ messageId, id: forked }))
      expect(new Set((await Promise.all(forks)).map((session) => session.id))).toEqual(
        new Set([forked]),
      )
      for (const { id: made } of (await ann.sessions.list({ limit: 50 })).items.slice(0, 3)) {
        await ann.sessions.delete({ id: made })
      }
      expect(await atOnce(() => ann.sessions.create({ title: 'One more' }))).toBe(3)
      expect(await count()).toBe(6)
      // A repeated create adds nothing.
      const known = randomUUID()
      const [kept] = (await ann.sessions.list({ limit: 1 })).items
      await ann.sessions.delete({ id: kept?.id ?? '' })
      const same = Array.from({ length: 5 }, () => ann.sessions.create({ id: known }))
      expect(new Set((await Promise.all(same)).map((session) => session.id))).toEqual(
        new Set([known]),
      )
    })

    test('keys, presets, projects, devices and shares stay within theirs', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage)
      const { db } = app.services.database
      const userId = await makePerson(app)
      const ann = await callerAs(app, userId)
      // A login's devices are removed at its end; this caller has no login.
      const { push } = await callerAs(app, userId, { login: { kind: 'token' } })
      const { id: sessionId } = await ann.sessions.create({ title: 'Shared' })
      await converse(app, ann, sessionId)
      await sql`
        insert into api_keys (id, user_id, name, prefix, hash, scope, created_at)
        select gen_random_uuid(), ${userId}, 'a key', 'tl_', 'hash ' || n, 'read', now() from generate_series(1, 98) n`.execute(
        db,
      )
      await sql`
        insert into shares (id, token, session_id, user_id, title, messages, created_at)
        select gen_random_uuid(), 'token ' || n, ${sessionId}, ${userId}, null, '[]', now() from generate_series(1, 998) n`.execute(
        db,
      )
      for (let index = 0; index < 18; index += 1) await push.subscribe(device())
      await sql`
        insert into presets (id, user_id, name, suggestions, created_at, updated_at)
        select gen_random_uuid(), ${userId}, 'a preset', '[]', now(), now() from generate_series(1, 198)`.execute(
        db,
      )
      await sql`
        insert into projects (id, user_id, name, created_at, updated_at)
        select gen_random_uuid(), ${userId}, 'a project', now(), now() from generate_series(1, 198)`.execute(
        db,
      )
      const five = (add: () => Promise<unknown>) =>
        Promise.allSettled(Array.from({ length: 5 }, () => add()))
      await five(() => ann.keys.create({ name: 'One more' }))
      await five(() => ann.presets.save({ id: randomUUID(), name: 'One more' }))
      await five(() => ann.projects.save({ id: randomUUID(), name: 'One more' }))
      await five(() => push.subscribe(device()))
      await five(() => ann.shares.create({ sessionId }))
      expect(await counts(app, userId)).toEqual({
        ...{ api_keys: 100, presets: 200, projects: 200, push_subscriptions: 20, shares: 1_000 },
      })
    })
  })
})

type Caller = Awaited<ReturnType<typeof callerAs>>

/** Sends a question and lets it be answered; returns the question. */
async function converse(app: TestApp, caller: Caller, sessionId: string) {
  app.model.plan('An answer.')
  const { messageId } = await caller.messages.send({ sessionId, text: 'A question' })
  await expect.poll(() => caller.sessions.get({ id: sessionId })).toMatchObject({ running: false })
  return messageId
}

function device() {
  return {
    endpoint: `https://push.example.com/${randomUUID()}`,
    keys: {
      p256dh: Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]).toString('base64url'),
      auth: Buffer.alloc(16, 1).toString('base64url'),
    },
  }
}

async function counts({ services }: TestApp, userId: string) {
  const { rows } = await sql<Record<string, number>>`
    select (select count(*)::int from api_keys where user_id = ${userId}) as api_keys,
      (select count(*)::int from presets where user_id = ${userId}) as presets,
      (select count(*)::int from projects where user_id = ${userId}) as projects,
      (select count(*)::int from push_subscriptions where user_id = ${userId}) as push_subscriptions,
      (select count(*)::int from shares where user_id = ${userId}) as shares`.execute(
    services.database.db,
  )
  return rows[0]
}
