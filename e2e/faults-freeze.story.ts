import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../scripts/testing/test-database.ts'
import { startCallCounter } from './support/call-counter.ts'
import { LEASE, type Node, ask, startNode } from './support/nodes.ts'
import { type Reader, isOver, knowsAll, logOf, readSession } from './support/reader.ts'

/** Answers that run on the node that freezes. */
const ANSWERS = 12

test('a node that is frozen in the middle of a transaction loses its answers to another in time, and writes nothing more to them when it wakes (P6, P8)', async () => {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const counter = opened.use(await startCallCounter())
  const settings = { DATABASE_URL: database.url, COUNTER_URL: counter.url }
  const frozen = opened.use(await startNode(settings))
  const other = opened.use(await startNode(settings))
  const question = 'Use count_read with {"key":"a"} and count_idempotent with {"key":"b"}'
  const asking = Array.from({ length: ANSWERS }, () => ask(frozen, question))
  await freezeInTransaction(frozen, database.url)
  const frozenAt = performance.now()
  // What it had not answered yet is answered when it wakes.
  const ids = await sessionsOf(other, ANSWERS)
  const readers = ids.map((id) => opened.use(readSession(other.client, id)))
  await Promise.all(readers.map((reader) => reader.until(isOver)))

  const starts = readers.flatMap(({ seen }) => seen.filter(({ event }) => isTakeover(event)))
  expect(starts.length).toBeGreaterThan(0)
  const times = starts.map(({ at }) => Math.round(at - frozenAt)).toSorted((a, b) => a - b)
  console.log(`From SIGSTOP to the next attempt, ms: ${times}`)
  expect(times.at(-1)).toBeLessThan((LEASE + 5) * 1000)

  const before = await Promise.all(ids.map((id) => logOf(other.client, id)))
  frozen.server.process.kill('SIGCONT')
  await Promise.all(asking)
  // Awake and at work: it answers anew, after everything it had to write.
  const again = opened.use(readSession(frozen.client, await ask(frozen, question)))
  await again.until(isOver)
  const after = await Promise.all(ids.map((id) => logOf(other.client, id)))
  expect(after).toEqual(before)
  for (const reader of readers) await expectWhole(reader, [frozen, other])
})

async function expectWhole(reader: Reader, nodes: readonly Node[]): Promise<void> {
  expect(reader.broken).toEqual([])
  expect(reader.answer?.status).toBe('completed')
  for (const { client } of nodes) expect(await knowsAll(reader, client)).toBe(true)
}

function isTakeover(event: Reader['seen'][number]['event']): boolean {
  return event.type === 'start' && event.attempt > 1
}

/** Waits until the node has a run's row locked, and stops the process just there. */
async function freezeInTransaction({ server }: Node, databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (;;) {
      if (!(await holdsRun(client))) continue
      server.process.kill('SIGSTOP')
      // It may have been about to commit: then it runs on, and is caught at the next one.
      if (await holdsRun(client)) return
      server.process.kill('SIGCONT')
    }
  } finally {
    await client.end()
  }
}

async function holdsRun(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select pid from pg_stat_activity
     where datname = current_database() and state = 'idle in transaction'
       and query ilike '%tool_calls%' or query ilike '%from "runs"%for update%'`,
  )
  return (rowCount ?? 0) > 0
}

async function sessionsOf({ client }: Node, count: number): Promise<string[]> {
  const { items } = await client.api.sessions.list.query({})
  return items.slice(0, count).map(({ id }) => id)
}
