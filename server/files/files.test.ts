import { mkdtempDisposable, readdir, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { memoryDatabase } from '../../db/engine/testing.ts'
import { migrate } from '../../db/engine/migrate.ts'
import { ensureUser } from '../../db/queries/users.ts'
import { FileId, UserId } from '../../shared/contract/ids.ts'
import { toUser } from '../auth/user.ts'
import { createFileKeeper } from './brought-files.ts'
import { Files } from './files.ts'
import { SettledFiles } from './reading/settled.ts'
import type { ObjectStore } from './store.ts'
import { StoreError } from './store.ts'
import { FileSweeper } from './sweep.ts'

/** A store in memory that fails as it is told, after it has written half. */
function createStore() {
  const objects = new Map<string, Buffer>()
  const state = { fails: null as Error | null, hangs: false, keeps: null as string | null }
  const store: ObjectStore = {
    async put(key, { path }) {
      const { readFile } = await import('node:fs/promises')
      const whole = await readFile(path)
      if (state.hangs) await new Promise(() => undefined)
      objects.set(key, state.fails ? whole.subarray(0, whole.length / 2) : whole)
      if (state.fails) throw state.fails
    },
    read: async (key) => Readable.from([objects.get(key) ?? '']),
    remove: async (key) => {
      if (key === state.keeps) throw new StoreError('The store refused.')
      objects.delete(key)
    },
  }
  return { store, objects, state }
}

async function startFiles() {
  await using opened = new AsyncDisposableStack()
  const database = opened.adopt(await memoryDatabase(), (open) => open.close())
  await migrate(database.db)
  const folder = opened.use(await mkdtempDisposable(join(tmpdir(), 'files-')))
  let time = Date.parse('2026-05-01T00:00:00.000Z')
  const now = () => new Date(time).toISOString()
  const { store, objects, state } = createStore()
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const files = new Files({
    ...{ database, store, now, limits: null },
    ...{ uploads: folder.path, maxBytes: 1_000_000, perMessage: 10 },
    newId: () => crypto.randomUUID(),
    settled: new SettledFiles(database.db),
    onUnread: () => undefined,
  })
  const id = UserId.parse(crypto.randomUUID())
  const user = toUser(
    await ensureUser(database.db, {
      ...{ id, name: 'Ada', email: 'ada@example.com', role: 'member' },
      ...{ account_status: 'active', subscription_tier: 'free' },
    }),
  )
  const sweeper = opened.adopt(
    new FileSweeper({ db: database.db, store, uploads: folder.path, now, onError }),
    (open) => open.close(),
  )
  const count = async (table: string) => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(table)}`.execute(database.db)
    return rows[0]?.count
  }
  const resources = opened.move()
  return {
    ...{ files, user, state, objects, errors, count, db: database.db, onError },
    sweep: () => sweeper.sweep(),
    later: (milliseconds: number) => {
      time += milliseconds
    },
    accept: async (text: string) => {
      const path = files.temporaryPath()
      await writeFile(path, text)
      return files.accept(user, { id: null, path, name: 'a.txt', mimeType: null })
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const HOUR = 3_600_000

test('a store that is full in the middle leaves no file, and nothing of what it wrote (P16)', async () => {
  await using talk = await startFiles()
  talk.state.fails = new StoreError('The disk of the server is full. Ask its administrator.')
  await expect(talk.accept('something')).rejects.toThrow('disk of the server is full')
  expect([await talk.count('files'), await talk.count('file_contents')]).toEqual([0, 0])
  expect(talk.objects.size).toBe(1)
  talk.state.fails = null
  const file = await talk.accept('something')
  expect(file).toMatchObject({ status: 'ready', bytes: 9 })
  talk.later(2 * HOUR)
  await talk.sweep()
  expect(talk.objects.size).toBe(1)
})

test('a file that nothing refers to goes after a day, its bytes with it, and a sweep looks at each change once', async () => {
  await using talk = await startFiles()
  await talk.accept('one')
  const entries = await talk.count('file_checks')
  expect(entries).toBe(2)
  await talk.sweep()
  expect(await talk.count('files')).toBe(1)
  talk.later(25 * HOUR)
  await talk.sweep()
  expect([await talk.count('files'), await talk.count('file_contents')]).toEqual([0, 0])
  expect(talk.objects.size).toBe(0)
  expect(await talk.count('file_checks')).toBe(0)
  expect(talk.errors).toEqual([])
})

test('what the store will not remove holds up nothing else, and is tried again', async () => {
  await using talk = await startFiles()
  await talk.accept('one')
  const [kept = ''] = talk.objects.keys()
  talk.later(HOUR)
  await talk.accept('two')
  const left = talk.files.temporaryPath()
  await writeFile(left, 'cut')
  await utimes(left, 0, 0)
  talk.state.keeps = kept
  talk.later(49 * HOUR)
  await talk.sweep()
  expect([...talk.objects.keys()]).toEqual([kept])
  expect(await readdir(talk.files.uploads)).not.toContain(basename(left))
  expect(talk.errors).toHaveLength(1)
  await talk.sweep()
  expect(talk.errors).toHaveLength(1)
  talk.state.keeps = null
  talk.later(HOUR)
  await talk.sweep()
  expect(talk.objects.size).toBe(0)
})

test('once a call is stopped, none of its other files is stored', async () => {
  await using talk = await startFiles()
  const { keep } = createFileKeeper(talk.files, talk)
  const stopped = AbortSignal.abort()
  const brought = ['a', 'b', 'c'].map((text) => ({
    ...{ id: FileId.parse(crypto.randomUUID()), name: `${text}.txt`, mimeType: null },
    data: Buffer.from(text),
  }))
  const found = vi.spyOn(talk.files, 'temporaryPath')
  expect((await keep(talk.user.id, brought, stopped)).notes).toHaveLength(3)
  expect(found).not.toHaveBeenCalled()
})

test('what a tool brings and cannot be stored is a sentence, also where the store hangs', async () => {
  await using talk = await startFiles()
  const { keep } = createFileKeeper(talk.files, talk)
  const one = (name: string, data: Buffer) => ({
    ...{ id: FileId.parse(crypto.randomUUID()), name, data },
    mimeType: null,
  })
  const waiting = new AbortController()
  const stored = await keep(talk.user.id, [one('a.txt', Buffer.from('a'))], waiting.signal)
  expect(stored).toMatchObject({ files: [{ name: 'a.txt' }], notes: [] })
  talk.state.fails = new StoreError('The store of the files cannot be reached.')
  expect(
    await keep(
      talk.user.id,
      [one('b.txt', Buffer.from('b')), one('c.bin', Buffer.alloc(1_000_001))],
      waiting.signal,
    ),
  ).toEqual({
    files: [],
    notes: [
      'The file “b.txt” was not stored: The store of the files cannot be reached.',
      expect.stringContaining('“c.bin” was not stored: it has more than'),
    ],
  })
  talk.state.fails = new Error('a secret of the store')
  const odd = await keep(talk.user.id, [one('d.txt', Buffer.from('d'))], waiting.signal)
  expect(odd.notes.join()).not.toContain('secret')
  talk.state.fails = null
  talk.state.hangs = true
  const hanging = keep(talk.user.id, [one('e.txt', Buffer.from('e'))], waiting.signal)
  waiting.abort()
  expect((await hanging).notes).toEqual([expect.stringContaining('the answer was stopped before')])
})
