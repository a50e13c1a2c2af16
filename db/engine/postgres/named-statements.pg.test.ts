import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../../scripts/testing/postgres/test-database.ts'
import { connect } from '../connect.ts'
import { isTransientError } from '../database-errors.ts'
import { executeUnread } from './pipelining.ts'

/** A database with one connection, on which a statement was executed often enough to be named. */
async function named() {
  const stored = await createTestDatabase()
  const database = await connect({ databaseUrl: stored.url, poolSize: 1 })
  const ask = async (db = database.db) => {
    const { rows } = await sql<{ sum: number }>`select ${1}::int + 1 as sum`.execute(db)
    return rows[0]?.sum
  }
  for (let times = 0; times < 10; times += 1) await ask()
  const prepared = async () => {
    const { rows } = await sql`select name from pg_prepared_statements`.execute(database.db)
    return rows.length
  }
  return {
    database,
    ask,
    prepared,
    /** Has the effect of a pooler that gives the next transaction another connection. */
    forget: () => sql`deallocate all`.execute(database.db),
    [Symbol.asyncDispose]: async () => {
      await database.close()
      await stored[Symbol.asyncDispose]()
    },
  }
}

test('what is said over and over is prepared once', async () => {
  await using open = await named()
  expect(await open.prepared()).toBe(1)
})

test('where names do not hold they are given up, and nobody notices outside of a transaction', async () => {
  await using open = await named()
  await open.forget()
  expect(await open.ask()).toBe(2)
  expect(await open.ask()).toBe(2)
  expect(await open.prepared()).toBe(0)
})

test('a transaction in which a name did not hold fails as by trouble, and succeeds when it is tried again', async () => {
  await using open = await named()
  await open.forget()
  const transact = () =>
    open.database.db.transaction().execute((transaction) => open.ask(transaction))
  const error = await transact().catch((thrown: unknown) => thrown)
  expect(isTransientError(error)).toBe(true)
  expect(await transact()).toBe(2)
})

test('what a transaction said by a name that did not hold is not said again outside of it', async () => {
  await using open = await named()
  const { db } = open.database
  await sql`create table numbers (value int)`.execute(db)
  const add = (to = db) => executeUnread(to, 'insert into numbers (value) values ($1)', [1])
  for (let times = 0; times < 10; times += 1) await add()
  await open.forget()
  const error = await db
    .transaction()
    .execute((transaction) => add(transaction))
    .catch((thrown: unknown) => thrown)
  expect(isTransientError(error)).toBe(true)
  const { rows } = await sql`select from numbers`.execute(db)
  expect(rows).toHaveLength(10)
})
