import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Files } from '../files.ts'
import { receiveFile } from './receive.ts'

let uploads = ''

beforeEach(async () => {
  uploads = await mkdtemp(join(tmpdir(), 'receive-'))
})

afterEach(() => rm(uploads, { recursive: true, force: true }))

function receive(raw: PassThrough) {
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  const files = { maxBytes: 1_000_000, temporaryPath: () => join(uploads, 'incoming-1') }
  // Only these fields of the request and of the files are read.
  return receiveFile({ raw, headers } as unknown as FastifyRequest, files as Files)
}

function beginning(field: string): string {
  return `--b\r\nContent-Disposition: form-data; name="${field}"; filename="a.txt"\r\n\r\n${'a'.repeat(100_000)}`
}

test('A form whose connection is cut in the middle of its file ends, and leaves nothing', async () => {
  const raw = new PassThrough()
  const received = receive(raw)
  await new Promise((resolve) => raw.write(beginning('file'), resolve))
  raw.destroy(new Error('aborted'))
  await expect(received).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  expect(await readdir(uploads)).toEqual([])
})

test.each(['file', 'other'])(
  'A form that ends in the middle of its field "%s" is refused, and leaves nothing',
  async (field) => {
    const raw = new PassThrough()
    const received = receive(raw)
    raw.end(beginning(field))
    await expect(received).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await readdir(uploads)).toEqual([])
  },
)
