import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { memoryDatabase } from '../../../db/engine/testing.ts'
import { migrate } from '../../../db/engine/migrate.ts'
import { listReadings, moveReading } from '../../../db/queries/files/readings.ts'
import { ensureUser } from '../../../db/queries/users.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import { toUser } from '../../auth/user.ts'
import type { LogWriter } from '../../log/writing/writer.ts'
import { docx } from '../../testing/made-files.ts'
import { Files } from '../files.ts'
import type { ObjectStore } from '../store.ts'
import { StoreError } from '../store.ts'
import { FileReadings } from './readings.ts'
import { SettledFiles } from './settled.ts'

async function start() {
  await using opened = new AsyncDisposableStack()
  const database = opened.adopt(await memoryDatabase(), (open) => open.close())
  await migrate(database.db)
  const folder = opened.use(await mkdtempDisposable(join(tmpdir(), 'readings-')))
  let time = Date.parse('2026-05-01T00:00:00.000Z')
  const now = () => new Date(time).toISOString()
  let dueIn = 0
  const objects = new Map<string, Buffer>()
  const read: string[] = []
  let away = 0
  const store: ObjectStore = {
    async put(key, { path }) {
      const { readFile } = await import('node:fs/promises')
      objects.set(key, await readFile(path))
    },
    async read(key) {
      read.push(key)
      if (away > 0) {
        away -= 1
        throw new StoreError('The store is away.')
      }
      return Readable.from([objects.get(key) ?? ''])
    },
    remove: async () => undefined,
  }
  const settled = new SettledFiles(database.db)
  const files = new Files({
    ...{ database, store, limits: null, settled, onUnread: () => undefined },
    now: () => new Date(time + dueIn).toISOString(),
    ...{ uploads: folder.path, maxBytes: 1_000_000, perMessage: 10 },
    newId: () => crypto.randomUUID(),
  })
  const addPerson = async (name: string) =>
    toUser(
      await ensureUser(database.db, {
        ...{ id: UserId.parse(crypto.randomUUID()), name, email: `${name}@example.com` },
        ...{ role: 'member', account_status: 'active', subscription_tier: 'free' },
      }),
    )
  const errors: unknown[] = []
  const resources = opened.move()
  return {
    ...{ db: database.db, read, errors, files, settled, now, addPerson },
    later: (milliseconds: number) => {
      time += milliseconds
    },
    /** Files that are stored from now on are due so much later. */
    isDueIn: (milliseconds: number) => {
      dueIn = milliseconds
    },
    failsTimes: (times: number) => {
      away = times
    },
    accept: async (user: Awaited<ReturnType<typeof addPerson>>, text: string) => {
      const path = files.temporaryPath()
      await writeFile(path, docx(text))
      return files.accept(user, { id: null, path, name: 'a.docx', mimeType: null })
    },
    /** A node that reads. */
    begin: async () => {
      const readings = new FileReadings({
        ...{ database, store, now, leaseMs: 10_000, temporaryPath: () => files.temporaryPath() },
        // Nobody has sent any of it, so that nothing is written to a log.
        log: {} as LogWriter,
        onRead: () => settled.told(),
        onError: (error) => void errors.push(error),
      })
      await readings.start()
      return { wake: () => readings.wake(), [Symbol.asyncDispose]: () => readings.close() }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const never = new AbortController().signal

test('what a node that died was reading is read by another when its lease is over', async () => {
  await using talk = await start()
  const ada = await talk.addPerson('ada')
  const file = await talk.accept(ada, 'High tide')
  expect(file.status).toBe('processing')
  await using reading = await talk.begin()
  await talk.settled.settled(ada.id, [file.id], never)

  // Otherwise the node that reads here might be the first to take it up.
  talk.isDueIn(1)
  const other = await talk.accept(ada, 'Low tide')
  const [due] = await listReadings(talk.db, '2026-05-01T00:00:00.001Z')
  const seen = due?.reading_due ?? ''
  const lease = {
    sha256: other.sha256,
    seen,
    due: '2026-05-01T00:00:10.000Z',
    attempts: 1,
  } as const
  // Of two that take it up at the same moment one has it.
  expect(await moveReading(talk.db, lease)).toBe(true)
  expect(await moveReading(talk.db, lease)).toBe(false)
  const before = talk.read.length
  reading.wake()
  expect(await listReadings(talk.db, talk.now())).toEqual([])
  expect(talk.read.length).toBe(before)
  talk.later(10_001)
  reading.wake()
  const [read] = await talk.settled.settled(ada.id, [other.id], never)
  expect(read).toMatchObject({ status: 'ready' })
  expect(talk.errors).toEqual([])
})

test('people take turns: what one has sent before does not hold up the others (P15)', async () => {
  await using talk = await start()
  const [ada, bob] = [await talk.addPerson('ada'), await talk.addPerson('bob')]
  for (let count = 0; count < 8; count += 1) await talk.accept(ada, `File ${count}`)
  talk.later(1_000)
  const late = await talk.accept(bob, 'One')
  await using _ = await talk.begin()
  await talk.settled.settled(bob.id, [late.id], never)
  const place = talk.read.findIndex((key) => key.includes(late.sha256))
  expect(place).toBeLessThan(3)
})

test('what cannot be read however often it is tried says so, and is read when it is sent again', async () => {
  await using talk = await start()
  const ada = await talk.addPerson('ada')
  const file = await talk.accept(ada, 'High tide')
  talk.failsTimes(6)
  await using reading = await talk.begin()
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    await expect.poll(() => talk.errors.length).toBe(attempt)
    await expect.poll(() => listReadings(talk.db, talk.now())).toEqual([])
    talk.later(600_000)
    reading.wake()
  }
  const [failed] = await talk.settled.settled(ada.id, [file.id], never)
  expect(failed).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('Send it again'),
  })
  const again = await talk.accept(ada, 'High tide')
  expect(again.status).toBe('processing')
  reading.wake()
  const [read] = await talk.settled.settled(ada.id, [again.id], never)
  expect(read).toMatchObject({ status: 'ready' })
})
