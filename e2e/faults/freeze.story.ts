import pg from 'pg'
import { expect, test } from 'vitest'
import { amount } from '../../scripts/testing/amount.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { startCallCounter } from '../support/processes/call-counter.ts'
import { LEASE, ask, startNode } from '../support/processes/nodes.ts'
import type { Node } from '../support/processes/nodes.ts'
import { isOver, knowsAll, lastingLogOf, readSession } from '../support/processes/reader.ts'
import type { Reader } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'

/** Answers that run on the node that freezes. */
const ANSWERS = amount(15, 30)

test('a node that is frozen in the middle of a transaction loses its answers to another in time, and writes nothing more to them when it wakes (P6, P8)', async () => {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const counter = opened.use(await startCallCounter())
  const settings = { DATABASE_URL: database.url, COUNTER_URL: counter.url }
  const frozen = opened.use(await startNode(settings))
  const other = opened.use(await startNode(settings))
  const question = 'Use count_read with {"key":"a"} and count_idempotent with {"key":"b"}'
  const ids = await Promise.all(Array.from({ length: ANSWERS }, () => ask(frozen, question)))
  const readers = ids.map((id) => opened.use(readSession(other.client, id)))
  await freezeInTransaction(frozen, database.url, () => !readers.every(isOver))
  const frozenAt = performance.now()
  await Promise.all(readers.map((reader) => reader.until(isOver)))

  const starts = readers.flatMap(({ seen }) => seen.filter(({ event }) => isTakeover(event)))
  expect(starts.length).toBeGreaterThan(0)
  const times = starts.map(({ at }) => at - frozenAt)
  reportTimes('From SIGSTOP to the next attempt', times)
  expect(Math.max(...times)).toBeLessThan((LEASE + 5) * 1000)

  const before = await Promise.all(ids.map((id) => lastingLogOf(other.client, id)))
  frozen.server.process.kill('SIGCONT')
  // The node works again: it writes the new answer, after everything that it still had to write.
  const again = opened.use(readSession(frozen.client, await ask(frozen, question)))
  await again.until(isOver)
  const after = await Promise.all(ids.map((id) => lastingLogOf(other.client, id)))
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

/** Waits until the node is in the middle of a transaction of a run, and stops the process there. */
async function freezeInTransaction(
  { server }: Node,
  databaseUrl: string,
  goesOn: () => boolean,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    while (goesOn()) {
      if (!(await isRecording(client))) continue
      server.process.kill('SIGSTOP')
      // It may have been about to commit; then it is continued, and stopped in its next transaction.
      if (await isRecording(client)) return
      server.process.kill('SIGCONT')
    }
    throw new Error('it was too quick to be frozen')
  } finally {
    await client.end()
  }
}

/** Returns true when a transaction holds the lock of a run's row and waits for its node. */
async function isRecording(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select pid from pg_stat_activity
     where datname = current_database() and state = 'idle in transaction' and query ilike '%from "runs"%for update%'`,
  )
  return (rowCount ?? 0) > 0
}
