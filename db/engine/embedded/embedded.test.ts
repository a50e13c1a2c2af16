import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from 'node:events'
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../scripts/testing/server-process.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import { connect } from '../connect.ts'
import type { Database } from '../database.ts'
import { EmbeddedThread } from './embedded-thread.ts'
import { openThread } from './embedded.ts'
import { insertSession } from '../../queries/sessions/sessions.ts'
import { TEMPLATE_DIR } from '../testing.ts'
import { isRefusal, isTransientError } from '../database-errors.ts'
import { ensureUser } from '../../queries/users.ts'
import { removeInterruptedImports, importAtomically } from '../../queries/transfer/atomic-import.ts'

const opened: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

describe('the thread of the embedded database', () => {
  test('lets the process go on while a statement takes long', async () => {
    const { db } = await inMemory()
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    await sql`select count(*) from generate_series(1, 2000000)`.execute(db)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })

  test('says of a refusal what Postgres says: code, constraint, detail and table', async () => {
    const { db } = await inMemory()
    await ensureUser(db, ADA)
    const twice = db.insertInto('users').values(ADA).execute()
    await expect(twice).rejects.toMatchObject({
      code: '23505',
      constraint: 'users_pkey',
      detail: `Key (id)=(${ADA.id}) already exists.`,
      table: 'users',
    })
    const refused = await sql`select 1 / 0`.execute(db).catch((error: unknown) => error)
    expect([isRefusal(refused), isTransientError(refused)]).toEqual([true, false])
  })

  test('begins afresh after several statements of which one failed inside a transaction of their own', async () => {
    const { db, jobs } = await inMemory()
    const statements = 'begin; create table lost (id int); select 1 / 0; commit'
    await expect(jobs.executeSql(statements)).rejects.toMatchObject({ code: '22012' })
    const { rows } =
      await sql`select to_regclass('lost') as lost, current_setting('TimeZone') as zone`.execute(db)
    expect(rows).toEqual([{ lost: null, zone: 'UTC' }])
  })

  test('keeps a query that others ask out of a transaction that is open, and answers it afterwards', async () => {
    const { db } = await inMemory()
    const order: string[] = []
    const asked = Promise.withResolvers<Promise<unknown>>()
    await db.transaction().execute(async (transaction) => {
      await ensureUser(transaction, ADA)
      asked.resolve(db.selectFrom('users').select('id').where('id', '=', ADA.id).execute())
      await sql`select 1`.execute(transaction)
      order.push('committed')
    })
    expect(await await asked.promise).toEqual([{ id: ADA.id }])
    expect(order).toEqual(['committed'])
  })

  test('answers what is under way before it closes, and ends', async () => {
    const thread = new EmbeddedThread({ folder: null, templateDir: TEMPLATE_DIR })
    const database = await openThread(thread)
    const worker = await thread.start()
    const exited = once(worker, 'exit')
    const begun = Promise.withResolvers<void>()
    const work = database.db.transaction().execute(async (transaction) => {
      await ensureUser(transaction, ADA)
      begun.resolve()
      return sql`select count(*) from generate_series(1, 500000)`.execute(transaction)
    })
    await begun.promise
    await database.close()
    expect((await work).rows).toEqual([{ count: 500_000 }])
    expect(await exited).toEqual([0])
  })

  test('that dies fails what waits as trouble with the database, and is started again over its folder (P1)', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'data')
    await (await connect({ dataDir: path, templateDir: TEMPLATE_DIR })).close()
    const thread = new EmbeddedThread({ folder: join(path, 'postgres'), templateDir: TEMPLATE_DIR })
    const database = keep(await openThread(thread))
    await ensureUser(database.db, ADA)
    const waiting = sql`select pg_sleep(0.2)`.execute(database.db).catch((error: unknown) => error)
    const worker = await thread.start()
    await worker.terminate()
    const failed = await waiting
    expect(failed).toMatchObject({
      code: '57P02',
      message: expect.stringMatching(/embedded database crashed/),
    })
    expect([isRefusal(failed), isTransientError(failed)]).toEqual([false, true])
    expect(await database.db.selectFrom('users').select('name').execute()).toContainEqual({
      name: 'Ada',
    })
    expect(await thread.start()).not.toBe(worker)
  })

  test('that dies in memory stays dead: nothing would be left of what it held', async () => {
    const thread = new EmbeddedThread({ folder: null, templateDir: TEMPLATE_DIR })
    const database = keep(await openThread(thread))
    const broken = thread.connection()
    broken.on('error', () => undefined)
    broken.connect()
    await once(broken, 'connect')
    // An invalid start-up message: PGlite crashes while it reads it.
    broken.write(Buffer.from([0, 0, 0, 8, 0, 0, 0, 1]))
    // `once` would reject with the error event.
    await new Promise((resolve) => broken.once('close', resolve))
    const refused = await sql`select 1`.execute(database.db).catch((error: unknown) => error)
    expect(isTransientError(refused)).toBe(true)
    expect(refused).toMatchObject({
      message: expect.stringMatching(/embedded database crashed: Program terminated/),
    })
  })
})

describe('the folder of the embedded database', () => {
  test('is its owner’s alone, with all that is in it, whatever the umask', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'above', 'data')
    const before = process.umask(0)
    try {
      const database = await connect({ dataDir: path, templateDir: TEMPLATE_DIR })
      await sql`create table made_later as select 1 as one`.execute(database.db)
      await sql`checkpoint`.execute(database.db)
      await database.close()
    } finally {
      process.umask(before)
    }
    expect(await openToOthers(path)).toEqual([])
  })

  test('that others could read is closed to them, unless it holds more than a database', async () => {
    await using folder = await temporaryFolder()
    const modes = []
    for (const [name, file] of [
      ['ours', 'lock'],
      ['shared', 'notes.txt'],
    ] as const) {
      const path = join(folder.path, name)
      await mkdir(path)
      await chmod(path, 0o755)
      await writeFile(join(path, file), '')
      await (await connect({ dataDir: path, templateDir: TEMPLATE_DIR })).close()
      modes.push((await stat(path)).mode & 0o777, (await stat(join(path, 'postgres'))).mode & 0o777)
    }
    expect(modes).toEqual([0o700, 0o700, 0o755, 0o700])
  })
})

describe('an import into the embedded database', () => {
  test('is seen by nobody until it is whole, and leaves nothing when it fails or the process ends (P1)', async () => {
    const database = await inMemory()
    const { db } = database
    await ensureUser(db, ADA)
    const seen = () =>
      db.selectFrom('sessions').select('title').where('user_id', '=', ADA.id).execute()
    const add = (owner: UserId, title: string) =>
      insertSession(db, {
        id: crypto.randomUUID() as never,
        userId: owner,
        title,
        model: null,
        systemPrompt: null,
        now: new Date().toISOString(),
      })
    const newId = () => crypto.randomUUID()
    await importAtomically(database, ADA.id, newId, async (_db, owner) => {
      await add(owner, 'whole')
      expect(await seen()).toEqual([])
    })
    const failing = importAtomically(database, ADA.id, newId, async (_db, owner) => {
      await add(owner, 'failed')
      throw new Error('no more')
    })
    await expect(failing).rejects.toThrow('no more')
    const begun = Promise.withResolvers<void>()
    void importAtomically(database, ADA.id, newId, async (_db, owner) => {
      await add(owner, 'cut')
      begun.resolve()
      await new Promise(() => {})
    })
    await begun.promise
    await removeInterruptedImports(database)
    const titles = await db.selectFrom('sessions').select('title').execute()
    expect([await seen(), titles]).toEqual([[{ title: 'whole' }], [{ title: 'whole' }]])
  })
})

const ADA = {
  id: newUserId(),
  name: 'Ada',
  email: null,
  role: 'member',
  account_status: 'active',
  subscription_tier: 'free',
} as const

function newUserId(): UserId {
  return UserId.parse(crypto.randomUUID())
}

function keep(database: Database): Database {
  opened.push({ [Symbol.asyncDispose]: () => database.close() })
  return database
}

async function inMemory(): Promise<Database> {
  return keep(await connect({ dataDir: 'memory:', templateDir: TEMPLATE_DIR }))
}

async function openToOthers(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const paths = [path, ...entries.map((entry) => join(entry.parentPath, entry.name))]
  const open = await Promise.all(
    paths.map(async (one) => ((await stat(one)).mode & 0o077 ? [one] : [])),
  )
  // A cache of the catalogue. Postgres creates it with the umask of the process, which is 077 in the server
  // (server/main.ts).
  return open.flat().filter((one) => !one.endsWith('/pg_internal.init'))
}
