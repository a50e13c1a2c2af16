import { expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { ACCOUNTS, callerAs, countAllowed, makePerson } from '../../testing/clients/callers.ts'
import { postgresStorage } from '../../testing/postgres-storage.ts'
import { startTwoApps } from '../../testing/two-apps.ts'

/** Limits over two nodes and restarts (P15). */

test('requests and sends are counted by all nodes together, and by one that starts anew', async () => {
  const env = { ...ACCOUNTS, LIMIT_REQUESTS_PER_MINUTE: '12', LIMIT_SENDS_PER_MINUTE: '4' }
  await using nodes = await startTwoApps({ env })
  const id = await makePerson(nodes.first)
  const callers = [await callerAs(nodes.first, id), await callerAs(nodes.second, id)]
  const [one] = callers
  if (!one) throw new Error('there are two')
  const { id: sessionId } = await one.sessions.create({ title: 'Sends' })
  const sends = Array.from({ length: 3 }, (_, index) =>
    callers.map((caller) => caller.messages.send({ sessionId, text: `Send ${index}` })),
  )
  expect(await countAllowed(sends.flat())).toBe(4)
  // Seven requests were counted: the session and six sends, of which some were refused.
  const calls = Array.from({ length: 8 }, () => callers.map((caller) => caller.me()))
  expect(await countAllowed(calls.flat())).toBe(5)
  await using third = await startTestApp({ env: nodes.env })
  expect(await countAllowed([(await callerAs(third, id)).me()])).toBe(0)
})

test('a large limit is never exceeded by nodes that take shares of it', async () => {
  const env = { ...ACCOUNTS, LIMIT_REQUESTS_PER_MINUTE: '320' }
  await using nodes = await startTwoApps({ env })
  const id = await makePerson(nodes.first)
  const callers = [await callerAs(nodes.first, id), await callerAs(nodes.second, id)]
  const calls = Array.from({ length: 300 }, () => callers.map((caller) => caller.me()))
  const allowed = await countAllowed(calls.flat())
  expect(allowed).toBeLessThanOrEqual(320)
  expect(allowed).toBeGreaterThanOrEqual(300)
})

test('runs at once are counted over nodes, and those that wait begin after a restart and a takeover', async () => {
  await using storage = await postgresStorage()
  const env = { ...storage.env, ...ACCOUNTS, LIMIT_RUNS_AT_ONCE: '2', RUN_LEASE_SECONDS: '2' }
  await using first = await startTestApp({ env })
  const id = await makePerson(first)
  {
    await using second = await startTestApp({ env })
    const callers = [await callerAs(first, id), await callerAs(second, id)]
    const sessions = await Promise.all(
      [...callers, ...callers, ...callers].map(async (caller) => {
        const { id: sessionId } = await caller.sessions.create({ title: 'Many' })
        return { caller, sessionId }
      }),
    )
    await Promise.all(
      sessions.map(({ caller, sessionId }) => caller.messages.send({ sessionId, text: 'Go' })),
    )
    const { db } = first.services.database
    const statuses = async () =>
      (await db.selectFrom('runs').select('status').execute())
        .map(({ status }) => status)
        .toSorted()
    expect(await statuses()).toEqual([...Array(4).fill('queued'), 'running', 'running'])
  }
  // The second node is gone: the first one takes over its run, and starts no third one.
  await expect.poll(() => first.model.asked, { timeout: 15_000 }).toBe(2)
  for (let ended = 0; ended < 6; ended += 1) {
    const call = await first.model.nextCall()
    expect(await countRunning(first)).toBeLessThanOrEqual(2)
    call.finish()
  }
  await expect
    .poll(async () => {
      const rows = await first.services.database.db.selectFrom('runs').select('status').execute()
      return rows.every(({ status }) => status === 'completed')
    })
    .toBe(true)
})

async function countRunning(app: Awaited<ReturnType<typeof startTestApp>>): Promise<number> {
  const { db } = app.services.database
  const rows = await db.selectFrom('runs').select('id').where('status', '=', 'running').execute()
  return rows.length
}

test('of the last two administrators who demote each other on two nodes one stays', async () => {
  await using nodes = await startTwoApps({ env: ACCOUNTS })
  const { first, second } = nodes
  const { db } = first.services.database
  await db.updateTable('users').set({ role: 'member' }).execute()
  for (let round = 0; round < 5; round += 1) {
    const ann = await makePerson(first, { role: 'admin' })
    const bob = await makePerson(first, { role: 'admin' })
    const outcomes = await Promise.allSettled([
      (await callerAs(first, ann)).admin.users.update({ id: bob, role: 'member' }),
      (await callerAs(second, bob)).admin.users.update({ id: ann, suspended: true }),
    ])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const left = await db
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'admin')
      .where('account_status', '=', 'active')
      .execute()
    expect(left).toHaveLength(1)
    await db.updateTable('users').set({ role: 'member' }).execute()
  }
})
