import pg from 'pg'
import { expect, test } from 'vitest'
import { amount } from '../../scripts/testing/amount.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { connect } from '../../shared/client/index.ts'
import { LEASE, ask, startNode } from '../support/processes/nodes.ts'
import type { Node } from '../support/processes/nodes.ts'
import { startPostgresProxy } from '../support/faults/postgres-proxy.ts'
import { createRandom } from '../support/processes/random.ts'
import { isOver, knowsAll, lastingLogOf, readSession } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'
import { followList } from '../support/processes/session-list.ts'
import { startTcpProxy } from '../support/faults/tcp-proxy.ts'

/** Tabs that read one answer on the other node, each over its own network, and how often each network is cut. */
const TABS = amount(10, 20)
const CUTS = amount(10, 15)

test(`one answer through ${TABS * CUTS} cuts of the network is the same for all who read it as for one who comes afterwards (P1, P2, P3)`, async () => {
  await using opened = new AsyncDisposableStack()
  const random = createRandom()
  console.log(`Random by SEED=${random.seed}`)
  const database = opened.use(await createTestDatabase())
  const writing = opened.use(await startNode({ DATABASE_URL: database.url }))
  const reading = opened.use(await startNode({ DATABASE_URL: database.url }))
  const id = await ask(writing, 'Write 900 words about cables')

  const readThroughCuts = async () => {
    const proxy = opened.use(await startTcpProxy(reading.server.port))
    const client = opened.use(connect({ url: proxy.url }))
    const reader = opened.use(readSession(client, id))
    for (let cut = 0; cut < CUTS; cut += 1) {
      const enough = reader.seen.length + random.whole(1, 12)
      await reader.until(({ seen }) => seen.length >= enough || isOver(reader))
      expect(isOver(reader)).toBe(false)
      await proxy.cut()
      await proxy.mend()
    }
    return reader
  }
  const readers = await Promise.all(Array.from({ length: TABS }, readThroughCuts))
  for (const reader of readers) {
    await reader.until(isOver)
    expect(reader.broken).toEqual([])
    expect(reader.answer?.status).toBe('completed')
    expect(await knowsAll(reader, writing.client)).toBe(true)
  }
})

test('behind a pooler that lets no notification through, readers on the other node still see everything, the list of sessions too, and can stop it (P1, P2, P9)', async () => {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const mute = opened.use(await startPostgresProxy(database.url, { notifications: false }))
  const writing = opened.use(await startNode({ DATABASE_URL: mute.url }))
  const reading = opened.use(await startNode({ DATABASE_URL: mute.url }))
  const list = opened.use(await followList(reading.client))
  const { id: short } = await writing.client.api.sessions.create.mutate({ title: 'Gone soon' })
  await list.until((change) => change.type === 'session' && change.session.id === short)
  await writing.client.api.sessions.delete.mutate({ id: short })
  await list.until((change) => change.type === 'deleted' && change.id === short)
  const ids = await Promise.all([
    ask(writing, 'Write 150 words about pipes'),
    ask(writing, 'Show my user profile'),
    ask(writing, 'Write 3000 words about taps'),
  ])
  const [long, tools, endless] = ids.map((id) => opened.use(readSession(reading.client, id)))
  if (!long || !tools || !endless) throw new Error('three were asked')
  await endless.until(({ answer }) => (answer?.text.length ?? 0) > 50)
  const stoppedAt = performance.now()
  expect(await reading.client.session(ids[2]).stop()).toEqual({ stopped: true })
  await Promise.all([long, tools, endless].map((reader) => reader.until(isOver)))
  const stopTime = (endless.seen.at(-1)?.at ?? 0) - stoppedAt
  reportTimes('Without notifications, from stop to the end on the other node', [stopTime])
  expect(mute.dropped()).toBeGreaterThan(0)
  expect([long, tools, endless].map(({ answer }) => answer?.status)).toEqual([
    'completed',
    'completed',
    'stopped',
  ])
  for (const reader of [long, tools, endless]) {
    expect(reader.broken).toEqual([])
    expect(await knowsAll(reader, writing.client)).toBe(true)
  }
})

test('behind such a pooler a session that is deleted on one node ends on the other: its reader is told, its answer is given up, and nothing is left of it (P2, P13)', async () => {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const mute = opened.use(await startPostgresProxy(database.url, { notifications: false }))
  const writing = opened.use(await startNode({ DATABASE_URL: mute.url }))
  const deleting = opened.use(await startNode({ DATABASE_URL: mute.url }))
  const id = await ask(writing, 'Write 3000 words about valves')
  const reader = opened.use(readSession(writing.client, id))
  await reader.until(({ answer }) => (answer?.text.length ?? 0) > 50)
  await deleting.client.api.sessions.delete.mutate({ id })
  await expect(reader.until(isOver)).rejects.toThrow('There is no such session')
  const left = new pg.Client({ connectionString: database.url })
  await left.connect()
  opened.defer(() => left.end())
  const text = 'select count(*)::integer as events from events where session_id = $1'
  const count = async () => (await left.query<{ events: number }>(text, [id])).rows[0]?.events
  await expect.poll(count, { timeout: 10_000 }).toBe(0)
  const again = await writing.client.api.sessions.create.mutate({ id, title: 'Anew' })
  // The log begins beyond every cursor of the deleted session's log.
  expect(again.seq).toBeGreaterThan(1_000_000)
  const readers = [writing, deleting].map(({ client }) => opened.use(readSession(client, id)))
  await writing.client.session(id).send('Hello')
  await Promise.all(readers.map((one) => one.until(isOver)))
  expect(readers.flatMap(({ broken }) => broken)).toEqual([])
})

test('a node that is cut off from Postgres in silence loses its answers to another in time, and is itself again afterwards (P6, P8)', async () => {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const way = opened.use(await startPostgresProxy(database.url))
  const cutOff = opened.use(await startNode({ DATABASE_URL: way.url }))
  const other = opened.use(await startNode({ DATABASE_URL: database.url }))
  const ids = await Promise.all(
    Array.from({ length: 5 }, () => ask(cutOff, 'Write 150 words about islands')),
  )
  const readers = ids.map((id) => opened.use(readSession(other.client, id)))
  await Promise.all(
    readers.map((one) => one.until(({ answer }) => (answer?.text.length ?? 0) > 80)),
  )
  way.silence()
  const cutAt = performance.now()
  await Promise.all(readers.map((reader) => reader.until(isOver)))
  const starts = readers.flatMap(({ seen }) => seen.filter(({ event }) => event.type === 'start'))
  const times = starts.flatMap(({ at }) => (at > cutAt ? [at - cutAt] : []))
  reportTimes('From the cut to the next attempt', times)
  expect(times).toHaveLength(readers.length)
  expect(Math.max(...times)).toBeLessThan((LEASE + 5) * 1000)

  const before = await Promise.all(ids.map((id) => lastingLogOf(other.client, id)))
  way.mend()
  const again = opened.use(readSession(other.client, await askUntilTaken(cutOff)))
  await again.until(isOver)
  expect(again.answer?.status).toBe('completed')
  expect(await Promise.all(ids.map((id) => lastingLogOf(other.client, id)))).toEqual(before)
  for (const reader of readers) {
    expect(reader.broken).toEqual([])
    expect(reader.answer?.status).toBe('completed')
    expect(await knowsAll(reader, cutOff.client)).toBe(true)
  }
})

/**
 * The first connections after the cut may still be broken; then the node reports an error, and the send is repeated.
 */
async function askUntilTaken(node: Node): Promise<string> {
  for (;;) {
    try {
      return await ask(node, 'Hello again')
    } catch (error) {
      expect(error).toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE' } })
    }
  }
}
