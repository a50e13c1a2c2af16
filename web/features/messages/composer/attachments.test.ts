import { expect, test } from 'vitest'
import { File as FileShape } from '../../../../shared/contract/file.ts'
import { Attachments } from './attachments.ts'
import type { UploadEvents } from './attachments.ts'
import { memoryStorage } from '../testing/memory-storage.ts'

const stored = FileShape.parse({
  ...{ id: '01a224cc-a429-7000-ad62-1acf5c96b3f7', name: 'a.txt', mimeType: 'text/plain' },
  ...{ bytes: 1, sha256: '0', kind: 'text', status: 'ready' },
})

function uploads() {
  const begun: UploadEvents[] = []
  let cancelled = 0
  return {
    begun,
    cancelled: () => cancelled,
    upload: (_file: File, events: UploadEvents) => {
      begun.push(events)
      return { cancel: () => (cancelled += 1) }
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
  const { upload, cancelled } = uploads()
  const files = new Attachments(memoryStorage(), upload)
  const file = new File(['x'], 'a.txt')
  files.add('s', [file])
  expect(files.take('s')).toEqual([{ source: file }])
  expect(cancelled()).toBe(1)
  expect(files.get('s')).toEqual([])
})
