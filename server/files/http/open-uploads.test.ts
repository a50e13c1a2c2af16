import { mkdtemp, rm, utimes } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileStore } from '@tus/file-store'
import { Upload } from '@tus/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UserId } from '../../../shared/contract/ids.ts'
import { OpenUploads } from './open-uploads.ts'
import { UnderWay } from './under-way.ts'

const ada = UserId.parse('00000000-0000-4000-8000-00000000000a')
const bob = UserId.parse('00000000-0000-4000-8000-00000000000b')
let directory = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'open-uploads-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

/** Begins one as the library does, and returns what was asked of the limit. */
async function begin(open: OpenUploads, store: FileStore, owner: UserId, size: number) {
  const id = randomUUID()
  let asked = 0
  await open.begin(owner, { id, size }, async (bytes) => void (asked = bytes))
  await store.create(new Upload({ id, size, offset: 0, metadata: { owner } }))
  return { id, asked }
}

test('What one person has open counts against their room, also after a restart', async () => {
  const store = new FileStore({ directory })
  const open = new OpenUploads(store)
  const first = await begin(open, store, ada, 10)
  expect((await begin(open, store, ada, 5)).asked).toBe(15)
  expect((await begin(open, store, bob, 7)).asked).toBe(7)
  const restarted = new OpenUploads(store)
  expect((await begin(restarted, store, ada, 1)).asked).toBe(16)
  await store.remove(first.id)
  expect((await begin(restarted, store, ada, 1)).asked).toBe(7)
  const refused = new Error('no room')
  await expect(
    restarted.begin(ada, { id: randomUUID(), size: 99 }, () => Promise.reject(refused)),
  ).rejects.toBe(refused)
  expect((await begin(restarted, store, ada, 1)).asked).toBe(8)
})

test('One person has twenty uploads open; one that was left makes room', async () => {
  const store = new FileStore({ directory })
  const open = new OpenUploads(store)
  const begun: string[] = []
  for (let count = 0; count < 20; count += 1) begun.push((await begin(open, store, ada, 1)).id)
  await expect(begin(open, store, ada, 1)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
  await begin(open, store, bob, 1)
  const leave = (index: number, seconds: number) => {
    const at = new Date(Date.now() - seconds * 1_000)
    return utimes(join(directory, begun[index] ?? ''), at, at)
  }
  // As many as necessary are removed, the oldest first.
  await leave(3, 3_600)
  await leave(5, 61)
  await leave(7, 30)
  expect((await begin(open, store, ada, 1)).asked).toBe(20)
  await expect(store.getUpload(begun[3] ?? '')).rejects.toBeDefined()
  await store.getUpload(begun[5] ?? '')
  await begin(open, store, ada, 1)
  await expect(store.getUpload(begun[5] ?? '')).rejects.toBeDefined()
  await store.getUpload(begun[7] ?? '')
  await expect(begin(open, store, ada, 1)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
})

test('Bodies at the same time are bounded for one person, and for all', () => {
  const underWay = new UnderWay({ perPerson: 1, most: 2 })
  const first = underWay.enter(ada)
  expect(() => underWay.enter(ada)).toThrow(/You have/)
  underWay.enter(bob)
  const carol = UserId.parse('00000000-0000-4000-8000-00000000000c')
  expect(() => underWay.enter(carol)).toThrow(/This server has/)
  first[Symbol.dispose]()
  underWay.enter(carol)
})
