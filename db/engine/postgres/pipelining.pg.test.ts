import { sql } from 'kysely'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../../scripts/testing/postgres/test-database.ts'
import { connect } from '../connect.ts'
import type { Db } from '../database.ts'
import { executeUnread, pipelineTransactions } from './pipelining.ts'

/** A table of unique numbers, on one connection. */
async function openNumbers() {
  const stored = await createTestDatabase()
  const database = await connect({ databaseUrl: stored.url, poolSize: 1 })
  const { db } = database
  await sql`create table numbers (value int primary key)`.execute(db)
  const add = (to: Db, value: number) =>
    executeUnread(to, 'insert into numbers (value) values ($1)', [value])
  await add(db, 1)
  return {
    db,
    add,
    stored: async () => {
      const { rows } = await sql<{
        value: number
      }>`select value from numbers order by value`.execute(db)
      return rows.map(({ value }) => value)
    },
    [Symbol.asyncDispose]: async () => {
      await database.close()
      await stored[Symbol.asyncDispose]()
    },
  }
}

const TAKEN = { code: '23505' }

test('what an unread statement did is committed, and read by what follows it', async () => {
  await using numbers = await openNumbers()
  const seen = await numbers.db.transaction().execute(async (transaction) => {
    await numbers.add(transaction, 2)
    const { rows } = await sql`select value from numbers`.execute(transaction)
    await numbers.add(transaction, 3)
    return rows.length
  })
  expect(seen).toBe(2)
  expect(await numbers.stored()).toEqual([1, 2, 3])
})

test('the error of the last statement is that of the commit, and nothing is stored', async () => {
  await using numbers = await openNumbers()
  const transaction = numbers.db.transaction().execute(async (db) => {
    await numbers.add(db, 2)
    await numbers.add(db, 1)
    await numbers.add(db, 3)
  })
  await expect(transaction).rejects.toMatchObject(TAKEN)
  expect(await numbers.stored()).toEqual([1])
})

test('the error of an unread statement is thrown by the next one instead of what Postgres says of that', async () => {
  await using numbers = await openNumbers()
  const read = numbers.db.transaction().execute(async (db) => {
    await numbers.add(db, 1)
    await expect(sql`select 1`.execute(db)).rejects.toMatchObject(TAKEN)
    throw new Error('Enough.')
  })
  await expect(read).rejects.toThrow('Enough.')
  expect(await numbers.stored()).toEqual([1])
})

test('work that gives up is told its own reason, whatever became of what it said before', async () => {
  await using numbers = await openNumbers()
  for (const value of [1, 2]) {
    const given = numbers.db.transaction().execute(async (db) => {
      await numbers.add(db, value)
      throw new Error('Enough.')
    })
    await expect(given).rejects.toThrow('Enough.')
  }
  expect(await numbers.stored()).toEqual([1])
})

test('a transaction in which nothing is said costs nothing', async () => {
  await using numbers = await openNumbers()
  expect(await numbers.db.transaction().execute(async () => 'done')).toBe('done')
  await expect(
    numbers.db.transaction().execute(async () => {
      throw new Error('Enough.')
    }),
  ).rejects.toThrow('Enough.')
  expect(await numbers.stored()).toEqual([1])
})

/** A pipelined connection on which another statement may be sent in place of the one that was asked for. */
async function openAltered(url: string, instead: Record<string, string>) {
  const pool = new pg.Pool({ connectionString: url, max: 1, pipeline: true })
  const answered: string[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...said: unknown[]) => Promise<unknown>
    const altered = async (...[text, ...values]: [string, ...unknown[]]) => {
      const other = instead[text]
      const result = await (other === undefined ? query(text, ...values) : query(other))
      answered.push(text)
      return result
    }
    Object.assign(client, { query: altered })
  })
  pipelineTransactions(pool)
  const client = await pool.connect()
  return Object.assign(client, {
    /** The statements that Postgres has answered. */
    answered,
    [Symbol.asyncDispose]: async () => {
      client.release(true)
      await pool.end()
    },
  })
}

test.each([
  [
    'that only reads is not waited for',
    'start transaction isolation level repeatable read read only',
    false,
  ],
  ['that may write is', 'begin', true],
])(
  'the end of a transaction %s, and the next statement comes after it',
  async (_, begin, isWaitedFor) => {
    await using stored = await createTestDatabase()
    await using client = await openAltered(stored.url, { commit: 'select pg_sleep(0.5); commit' })
    await client.query(begin)
    expect((await client.query('select 1 as one', [])).rows).toEqual([{ one: 1 }])
    await client.query('commit')
    expect(client.answered.includes('commit')).toBe(isWaitedFor)
    await client.query('select 2')
    expect(client.answered).toEqual([begin, 'select 1 as one', 'commit', 'select 2'])
  },
)

test('behind a begin that failed nothing is written', async () => {
  await using stored = await createTestDatabase()
  await using client = await openAltered(stored.url, { begin: 'select 1 / 0' })
  await client.query('create table numbers (value int primary key)')
  for (const text of [
    'insert into numbers values (1)',
    'with a as (insert into numbers values (2) returning 1) select',
  ]) {
    await client.query('begin')
    await expect(client.query(text, [])).rejects.toThrow('division by zero')
    // The caller goes on after an error.
    await expect(client.query('insert into numbers values (3)', [])).rejects.toThrow('by zero')
    await client.query('rollback')
  }
  await client.query('begin')
  await expect(client.query('select 1', [])).rejects.toThrow('division by zero')
  await client.query('rollback')
  expect((await client.query('select value from numbers')).rows).toEqual([])
})
