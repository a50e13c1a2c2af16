import { createServer } from 'node:http'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { listenOnLoopback } from '../../scripts/testing/loopback.ts'
import { startS3 } from '../testing/services/s3-server.ts'
import { S3Store } from './s3-store.ts'

test('a file in an S3-compatible store is whole, read in ranges, and removed', async () => {
  await using s3 = await startS3()
  await using folder = await mkdtempDisposable(join(tmpdir(), 's3-'))
  const store = new S3Store({
    ...{ endpoint: s3.endpoint, bucket: 'bucket', region: 'eu-1', prefix: 'chat/' },
    ...{ accessKeyId: 'me', secretAccessKey: 'secret' },
  })
  const path = join(folder.path, 'file')
  await writeFile(path, 'what was sent')
  const sha256 = createHash('sha256').update('what was sent').digest('hex')
  await store.put('ab/key', { path, bytes: 13, sha256 })
  expect([...s3.objects.keys()]).toEqual(['/bucket/chat/ab/key'])
  expect(await text(await store.read('ab/key'))).toBe('what was sent')
  expect(await text(await store.read('ab/key', { start: 5, end: 7 }))).toBe('was')
  await expect(store.put('ab/other', { path, bytes: 13, sha256: '0'.repeat(64) })).rejects.toThrow(
    'The store of the files refused (status 400).',
  )
  await store.remove('ab/key')
  await store.remove('ab/key')
  expect(s3.objects.size).toBe(0)
  await expect(store.read('ab/key')).rejects.toThrow('refused (status 404)')
  s3.leave()
  await expect(store.put('ab/key', { path, bytes: 13, sha256 })).rejects.toThrow('status 403')
})

test('a store that is slow to answer, or stops in the middle of a file, is not waited for without end', async () => {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('silent')) return
    response.writeHead(200)
    response.write('the first half')
  })
  const { port } = await listenOnLoopback(server)
  const store = new S3Store(
    {
      ...{ endpoint: `http://127.0.0.1:${port}`, bucket: 'b', region: 'r', prefix: '' },
      ...{ accessKeyId: 'me', secretAccessKey: 'secret' },
    },
    1_000,
  )
  await expect(store.read('silent')).rejects.toThrow('does not answer')
  await expect(text(await store.read('half'))).rejects.toThrow('stopped in the middle')
  server.closeAllConnections()
  server.close()
})

test('a store that is away is said to be', async () => {
  const store = new S3Store({
    ...{ endpoint: 'http://127.0.0.1:1', bucket: 'b', region: 'r', prefix: '' },
    ...{ accessKeyId: 'me', secretAccessKey: 'secret' },
  })
  await expect(store.read('key')).rejects.toThrow('cannot be reached')
})
