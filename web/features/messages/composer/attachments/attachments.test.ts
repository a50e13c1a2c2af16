import { expect, test } from 'vitest'
import { File as FileShape } from '../../../../../shared/contract/file.ts'
import { newId } from '../../../../../shared/contract/new-id.ts'
import { Attachments } from './attachments.ts'
import type { UploadEvents, UploadPlace } from './attachments.ts'
import { memoryStorage } from '../../testing/memory-storage.ts'

const stored = FileShape.parse({
  ...{ id: '01a224cc-a429-7000-ad62-1acf5c96b3f7', name: 'a.txt', mimeType: 'text/plain' },
  ...{ bytes: 1, sha256: '0', kind: 'text', status: 'ready' },
})
const other = FileShape.parse({ ...stored, id: '01a224cc-a429-7000-ad62-1acf5c96b3f8' })

function uploads() {
  const begun: UploadEvents[] = []
  const places: UploadPlace[] = []
  let cancelled = 0
  let left = 0
  return {
    begun,
    places,
    cancelled: () => cancelled,
    left: () => left,
    upload: (_file: File, events: UploadEvents, place: UploadPlace) => {
      begun.push(events)
      places.push(place)
      return { cancel: () => (cancelled += 1), leave: () => (left += 1) > 0 }
    },
  }
}

test('what is stored comes back after a reload, and is taken once', () => {
  const storage = memoryStorage()
  const { begun, upload } = uploads()
  const files = new Attachments(storage, upload)
  files.add('s', [new File(['x'], 'a.txt')])
  begun[0]?.onProgress(0.5)
  expect(files.get('s')).toMatchObject([{ status: 'uploading', progress: 0.5, name: 'a.txt' }])
  begun[0]?.onReady(stored)
  const reloaded = new Attachments(storage, upload)
  expect(reloaded.get('s')).toMatchObject([{ status: 'ready', file: stored }])
  expect(reloaded.take('s')).toEqual([stored])
  expect(reloaded.take('s')).toEqual([])
  expect(storage.items.size).toBe(0)
  reloaded.giveBack('s', [stored])
  expect(reloaded.get('s')).toHaveLength(1)
  reloaded.clear()
  expect(storage.items.size).toBe(0)
})

test('files keep the order in which they were chosen, whichever is uploaded first', () => {
  const storage = memoryStorage()
  const { begun, upload } = uploads()
  const files = new Attachments(storage, upload)
  const names = ['c.txt', 'a.txt', 'b.txt']
  const stored = names.map((name) => FileShape.parse({ ...other, id: newId(), name }))
  files.add(
    's',
    names.map((name) => new File(['x'], name)),
  )
  for (const index of [1, 2, 0]) {
    begun[index]?.onReady(stored[index] ?? other)
    expect(files.get('s').map(({ name }) => name)).toEqual(names)
  }
  expect(new Attachments(storage, upload).get('s').map(({ name }) => name)).toEqual(names)
  const [first, ...more] = files.take('s')
  files.giveBack('s', [
    ...more,
    { source: new File(['x'], 'new.txt'), id: newId(), isBegun: false },
  ])
  files.giveBack('s', first ? [first] : [])
  expect(files.get('s').map(({ name }) => name)).toEqual(['c.txt', 'a.txt', 'b.txt', 'new.txt'])
})

test('what failed says why and is tried again; what is removed is cancelled', () => {
  const { begun, upload, cancelled } = uploads()
  const files = new Attachments(memoryStorage(), upload)
  files.add('s', [new File(['x'], 'a.txt')])
  begun[0]?.onFailed('A file may have 25 MB at most.', true)
  const [one] = files.get('s')
  expect(one).toMatchObject({ status: 'failed', problem: 'A file may have 25 MB at most.' })
  files.retry('s', one?.key ?? '')
  expect(begun).toHaveLength(2)
  files.remove('s', one?.key ?? '')
  expect(cancelled()).toBe(1)
  expect(files.get('s')).toEqual([])
})

test('two tabs have the same files; what is on its way in one stays there', () => {
  const storage = memoryStorage()
  const { begun, upload } = uploads()
  const [one, two] = [new Attachments(storage, upload), new Attachments(storage, upload)]
  two.get('s')
  one.add('s', [new File(['x'], 'a.txt')])
  two.add('s', [new File(['x'], 'b.txt')])
  begun[0]?.onReady(stored)
  two.reread('files.s')
  expect(two.get('s').map(({ name }) => name)).toEqual(['a.txt', 'b.txt'])
  one.take('s')
  two.reread('files.s')
  expect(two.get('s').map(({ name }) => name)).toEqual(['b.txt'])
})

test('what is still being uploaded is taken with its bytes, for the outbox to upload', () => {
  const { upload, cancelled, left, places } = uploads()
  const files = new Attachments(memoryStorage(), upload)
  const file = new File(['x'], 'a.txt')
  files.add('s', [file])
  const { id = '' } = places[0] ?? {}
  const taken = files.take('s')
  // It goes on where it stopped: what has come stays at the server.
  expect(taken).toEqual([{ source: file, id, isBegun: true }])
  expect([left(), cancelled()]).toEqual([1, 0])
  expect(files.get('s')).toEqual([])
  files.giveBack('s', taken)
  expect(places).toEqual([
    { id, isBegun: false },
    { id, isBegun: true },
  ])
})

test('what cannot be stored stays in the box when another tab changes its files, or the page comes back', () => {
  const storage = memoryStorage()
  const full = () => {
    throw new Error('full')
  }
  const { begun, upload } = uploads()
  const files = new Attachments({ ...storage, setItem: full }, upload)
  files.add('s', [new File(['x'], 'a.txt')])
  begun[0]?.onReady(stored)
  files.reread(null)
  expect(files.get('s')).toMatchObject([{ status: 'ready', file: stored }])
  storage.setItem('files.s', JSON.stringify([other]))
  files.reread('files.s')
  expect(files.get('s')).toMatchObject([{ file: other }, { file: stored }])
})

test('two uploads that end at the same moment in two tabs are both kept', () => {
  const storage = memoryStorage()
  const { begun, upload } = uploads()
  const [one, two] = [new Attachments(storage, upload), new Attachments(storage, upload)]
  one.add('s', [new File(['x'], 'a.txt')])
  two.add('s', [new File(['x'], 'b.txt')])
  begun[0]?.onReady(stored)
  // Before this tab is told of the first.
  begun[1]?.onReady({ ...other, name: 'b.txt' })
  expect(new Attachments(storage, upload).get('s').map(({ name }) => name)).toEqual([
    'a.txt',
    'b.txt',
  ])
})

test('what is read in a file later is known wherever the file is, also after a reload', () => {
  const storage = memoryStorage()
  const { begun, upload } = uploads()
  const files = new Attachments(storage, upload)
  files.add('s', [new File(['x'], 'a.pdf')])
  begun[0]?.onReady({ ...stored, status: 'processing' })
  files.read({ ...stored, pages: 3 })
  expect(files.get('s')).toMatchObject([{ key: 'new-1', file: { status: 'ready', pages: 3 } }])
  expect(new Attachments(storage, upload).get('s')).toMatchObject([{ file: { pages: 3 } }])
})
