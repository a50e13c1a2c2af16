import { afterEach, expect, test, vi } from 'vitest'
import { startTwoApps } from '../../testing/two-apps.ts'

const HOUR_MS = 3_600_000
const realNow = Date.now

afterEach(() => vi.restoreAllMocks())

/** Shifts this process's clock while a node works. */
function wrongBy(hours: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + hours * HOUR_MS)
}

test('what is stored goes by the database’s clock, with nodes whose clocks are hours apart', async () => {
  wrongBy(7)
  await using nodes = await startTwoApps()
  const { first, second } = nodes
  const began = realNow() - 1_000
  const ids: string[] = []
  for (const [node, hours] of [
    [first, 7],
    [second, -5],
    [first, 7],
    [second, -5],
  ] as const) {
    wrongBy(hours)
    const { id } = await node.caller.sessions.create({})
    ids.push(id)
    await node.caller.messages.send({ sessionId: id, text: 'Hello' })
    const call = await node.model.nextCall()
    call.say('Hello.')
    call.finish()
    await expect.poll(async () => (await node.caller.sessions.get({ id })).running).toBe(false)
  }
  const { items } = await first.caller.sessions.list({})
  expect(items.map(({ id }) => id)).toEqual(ids.toReversed())

  const { db } = first.services.database
  const moments = [
    ...(await db.selectFrom('sessions').select(['created_at', 'updated_at']).execute()),
    ...(await db.selectFrom('messages').select('created_at').execute()),
    ...(await db.selectFrom('runs').select(['created_at', 'started_at', 'ended_at']).execute()),
    ...(await db.selectFrom('events').select('created_at').execute()),
  ].flatMap((row) => Object.values(row))
  expect(moments.length).toBeGreaterThan(20)
  for (const moment of moments) {
    const at = Date.parse(String(moment))
    expect(at).toBeGreaterThan(began)
    expect(at).toBeLessThan(realNow() + 1_000)
  }
  const runs = await db
    .selectFrom('runs')
    .select(['created_at', 'started_at', 'ended_at'])
    .execute()
  for (const { created_at, started_at, ended_at } of runs) {
    const [created, started, ended] = [created_at, started_at, ended_at].map((at) =>
      Date.parse(String(at)),
    )
    expect(started).toBeGreaterThanOrEqual(created ?? Number.NaN)
    expect(ended).toBeGreaterThanOrEqual(started ?? Number.NaN)
  }
  // The ids are created in the order of the list.
  expect(ids).toEqual(ids.toSorted())
})
