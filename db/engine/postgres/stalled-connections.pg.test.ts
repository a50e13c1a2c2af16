import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgresProxy } from '../../../e2e/support/faults/postgres-proxy.ts'
import { createTestDatabase } from '../../../scripts/testing/postgres/test-database.ts'
import type { TestDatabase } from '../../../scripts/testing/postgres/test-database.ts'
import { watchForStalledConnections } from './stalled-connections.ts'
import { pipelineTransactions } from './pipelining.ts'
import { postgresAddress } from './address.ts'
import { isTransientError } from '../database-errors.ts'

const CHECK_AFTER_MS = 200

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

async function openPool(lookAt = (url: string) => url) {
  const opened = new AsyncDisposableStack()
  const proxy = opened.use(await startPostgresProxy(database.url))
  const pool = opened.adopt(
    // The options are those of the server.
    new pg.Pool({ connectionString: proxy.url, max: 2, pipeline: true }),
    (one) => one.end(),
  )
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  opened.use(watchForStalledConnections(pool, postgresAddress(lookAt(proxy.url)), CHECK_AFTER_MS))
  return { proxy, pool, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

test('a query on a connection that went dark fails as on a broken one, and the next one works', async () => {
  await using opened = await openPool()
  await opened.pool.query('select 1')
  opened.proxy.darken()
  const lost = await opened.pool.query('select 1').catch((error: unknown) => error)
  expect(isTransientError(lost), String(lost)).toBe(true)
  const { rows } = await opened.pool.query('select 2 as two')
  expect(rows).toEqual([{ two: 2 }])
})

test('so do all that were sent in one go in a transaction', async () => {
  await using opened = await openPool()
  pipelineTransactions(opened.pool)
  const client = await opened.pool.connect()
  try {
    await client.query('begin')
    await client.query('select 1')
    opened.proxy.darken()
    const sent = ['select 1', 'select 2', 'commit'].map((text) => client.query(text))
    const lost = await Promise.allSettled(sent)
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  } finally {
    client.release(true)
  }
  const { rows } = await opened.pool.query('select 2 as two')
  expect(rows).toEqual([{ two: 2 }])
})

test('a query fails too while nothing at all gets through', { timeout: 20_000 }, async () => {
  await using opened = await openPool()
  await opened.pool.query('select 1')
  opened.proxy.silence()
  const lost = await opened.pool.query('select 1').catch((error: unknown) => error)
  expect(isTransientError(lost), String(lost)).toBe(true)
  opened.proxy.mend()
})

test('a query that takes many times as long, and says nothing, is left alone', async () => {
  await using opened = await openPool()
  const { rows } = await opened.pool.query(
    `select 'done' as said from pg_sleep(${(8 * CHECK_AFTER_MS) / 1000})`,
  )
  expect(rows).toEqual([{ said: 'done' }])
})

test('a long query is left alone too while Postgres refuses the connection that is to look', async () => {
  await using opened = await openPool(
    (url) => Object.assign(new URL(url), { pathname: '/none' }).href,
  )
  const { rows } = await opened.pool.query(
    `select 'done' as said from pg_sleep(${(8 * CHECK_AFTER_MS) / 1000})`,
  )
  expect(rows).toEqual([{ said: 'done' }])
})
