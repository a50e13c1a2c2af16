import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { lockPresence } from '../../../db/queries/presence.ts'
import { newId } from '../../../shared/contract/new-id.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { openTab } from '../../testing/clients/tab.ts'
import { startTwoApps } from '../../testing/two-apps.ts'

const GRACE_SECONDS = 0.3

const startTwo = (grace = GRACE_SECONDS) =>
  startTwoApps({ env: { SESSION_GRACE_SECONDS: String(grace) } })

describe('presence on two nodes', () => {
  test('a session closes once, when the last reader of both is gone (P14)', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const id = await converse(first)
    const here = await openTab(first, id)
    const there = await openTab(second, id)
    await here.stop()
    await passGrace(first)
    expect(await first.caller.sessions.get({ id })).toMatchObject({ status: 'active' })
    await there.stop()
    await Promise.all([first, second].map((app) => untilStatus(app, id, 'closed')))
    const writing = await Promise.race([first.model.nextWriting(), second.model.nextWriting()])
    writing.say('About quays.')
    writing.finish()
    await expect
      .poll(() => second.caller.sessions.get({ id }), { timeout: 10_000 })
      .toMatchObject({ summary: 'About quays.' })
    expect(first.model.askedToWrite + second.model.askedToWrite).toBe(1)
    const { events } = await first.caller.sessions.log({ id })
    const closings = events.filter(
      ({ event }) =>
        event.type === 'session' &&
        event.session.status === 'closed' &&
        event.session.summary === null,
    )
    expect(closings).toHaveLength(1)
  })

  test('a session that somebody holds locked keeps no other from being left, nor its reader from coming back (P14)', async () => {
    await using nodes = await startTwo(60)
    const { presence, database } = nodes.first.services
    const { caller } = nodes.first
    const { id: me } = await caller.me()
    const ids = await Promise.all([1, 2, 3].map(async () => (await caller.sessions.create({})).id))
    const [locked, ...others] = ids
    if (!locked) throw new Error('no session was made')
    const readers = await Promise.all(ids.map((id) => presence.enter(id, me)))
    const registered = async () => {
      const rows = await database.db.selectFrom('readers').select('session_id as id').execute()
      return rows.map(({ id }) => id)
    }
    const done = Promise.withResolvers<void>()
    const holding = database.db.transaction().execute(async (transaction) => {
      await lockPresence(transaction, locked)
      for (const reader of readers) reader[Symbol.dispose]()
      await expect.poll(registered).toEqual([locked])
      for (const id of others) (await presence.enter(id, me))[Symbol.dispose]()
      await done.promise
    })
    await expect.poll(registered).toEqual([locked])
    done.resolve()
    await holding
    await expect.poll(registered).toEqual([])
  })

  test('many locked sessions that are left at once wait with a few connections, so that commands have the others (P12, P14)', async () => {
    await using nodes = await startTwo(60)
    const { presence } = nodes.first.services
    const { caller } = nodes.first
    const { id: me } = await caller.me()
    const ids = await Promise.all(
      Array.from({ length: 12 }, async () => (await caller.sessions.create({})).id),
    )
    const readers = await Promise.all(ids.map((id) => presence.enter(id, me)))
    const { db } = nodes.second.services.database
    const countWaiting = async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
      return rows[0]?.count
    }
    const countReaders = async () =>
      (await db.selectFrom('readers').select('session_id').execute()).length
    await db.transaction().execute(async (transaction) => {
      for (const id of ids) await lockPresence(transaction, id)
      for (const reader of readers) reader[Symbol.dispose]()
      await expect.poll(countWaiting).toBe(4)
      for (let more = 0; more < 20; more += 1) await caller.sessions.create({})
      expect(await countWaiting()).toBe(4)
    })
    await expect.poll(countReaders).toBe(0)
  })

  test('both leave at the same moment, many times over, and every session closes (P14)', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const ids = await Promise.all(
      Array.from({ length: 12 }, async () => (await first.caller.sessions.create({})).id),
    )
    await Promise.all(
      ids.map(async (id) => {
        const tabs = await Promise.all([openTab(first, id), openTab(second, id)])
        await Promise.all(tabs.map((tab) => tab.stop()))
      }),
    )
    await Promise.all(ids.map((id) => untilStatus(second, id, 'closed')))
    for (const id of ids) {
      const { events } = await first.caller.sessions.log({ id })
      expect(events).toMatchObject([{ event: { session: { status: 'closed' } } }])
    }
  })

  test('a tab on one node opens it for a tab on the other, and lists on both hear of it', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const { id } = await first.caller.sessions.create({})
    await (await openTab(first, id)).stop()
    await untilStatus(second, id, 'closed')
    const told: string[] = []
    const leave = new AbortController()
    const owner = await second.caller.me()
    const list = (async () => {
      for await (const change of second.services.changes.follow(owner.id, leave.signal)) {
        told.push(change.type === 'session' ? change.session.status : change.type)
      }
    })()
    await using back = await openTab(first, id)
    await expect.poll(() => told.at(-1), { timeout: 5_000 }).toBe('active')
    await using there = await openTab(second, id)
    expect(there.state).toEqual(back.state)
    leave.abort()
    await list
  })

  test('the readers of a node that died are gone with its lease, and the grace begins (P14)', async () => {
    await using nodes = await startTwo()
    const { first } = nodes
    const { id } = await first.caller.sessions.create({})
    await (await openTab(first, id)).stop()
    const { db } = first.services.database
    const dead = newId()
    const lease = new Date(Date.now() + 1_500).toISOString()
    await db.insertInto('nodes').values({ id: dead, lease_until: lease }).execute()
    await db
      .insertInto('readers')
      .values({ session_id: SessionId.parse(id), node_id: dead })
      .execute()
    await passGrace(first)
    expect(await first.caller.sessions.get({ id })).toMatchObject({ status: 'active' })
    await untilStatus(first, id, 'closed')
    const { endedAt } = await first.caller.sessions.get({ id })
    expect(Date.parse(endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(lease))
    expect(await db.selectFrom('readers').selectAll().execute()).toEqual([])
  })

  test('the readers of a node that is told to end are gone at once (P14)', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const made = await Promise.all(
      Array.from({ length: 5 }, () => first.caller.sessions.create({})),
    )
    const tabs = await Promise.all(made.map(({ id }) => openTab(first, id)))
    await using elsewhere = await openTab(second, made[0]?.id ?? '')
    await first.close()
    const { db } = second.services.database
    expect(await db.selectFrom('readers').select('node_id').execute()).toEqual([
      { node_id: second.node.id },
    ])
    await Promise.all(made.slice(1).map(({ id }) => untilStatus(second, id, 'closed')))
    expect(elsewhere.state?.session.status).toBe('active')
    await Promise.all(tabs.map((tab) => tab.stop()))
  })

  test('a node that others took for dead counts its readers again, and opens what they closed', async () => {
    await using nodes = await startTwo(0)
    const { first, second } = nodes
    const { id } = await first.caller.sessions.create({})
    await using tab = await openTab(first, id)
    const { db } = second.services.database
    await db.deleteFrom('readers').execute()
    await db
      .updateTable('sessions')
      .set({ left_at: new Date(0).toISOString() })
      .where('id', '=', SessionId.parse(id))
      .execute()
    const readers = () => db.selectFrom('readers').select('node_id').execute()
    await expect.poll(readers, { timeout: 10_000 }).toEqual([{ node_id: first.node.id }])
    await passGrace(second)
    await tab.until(({ state }) => state?.session.status === 'active')
    expect(await second.caller.sessions.get({ id })).toMatchObject({ status: 'active' })
  })

  test('a summary whose node is told to end in the middle is written by another', async () => {
    await using nodes = await startTwo()
    const { env, first, second } = nodes
    await second.close()
    const id = await converse(first)
    await (await openTab(first, id)).stop()
    const cut = await first.model.nextWriting()
    cut.say('Half of it')
    const closed = first.close()
    await using third = await startTestApp({ env })
    await closed
    const writing = await third.model.nextWriting()
    writing.say('All of it.')
    writing.finish()
    await expect
      .poll(() => third.caller.sessions.get({ id }), { timeout: 10_000 })
      .toMatchObject({ status: 'closed', summary: 'All of it.' })
  })
})

async function converse(app: TestApp): Promise<string> {
  const { id } = await app.caller.sessions.create({ title: 'Quays' })
  await app.caller.messages.send({ sessionId: id, text: 'What is a quay?' })
  const call = await app.model.nextCall()
  call.say('A place for ships.')
  call.finish()
  await expect.poll(() => app.caller.sessions.get({ id })).toMatchObject({ running: false })
  return id
}

async function untilStatus(app: TestApp, id: string, status: string): Promise<void> {
  await expect
    .poll(() => app.caller.sessions.get({ id }), { timeout: 20_000 })
    .toMatchObject({ status })
}

/** Resolves when a session that loses its readers now has closed. */
async function passGrace(app: TestApp): Promise<void> {
  const { id } = await app.caller.sessions.create({})
  await (await openTab(app, id)).stop()
  await untilStatus(app, id, 'closed')
}
