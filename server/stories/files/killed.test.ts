import { createHash, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../../scripts/testing/server-process.ts'

const TUS = { 'tus-resumable': '1.0.0' }
const encode = (text: string): string => Buffer.from(text).toString('base64')

/** The number of bytes of an upload that the server has. */
async function offsetOf(url: string, id: string): Promise<number> {
  const response = await fetch(`${url}/api/files/uploads/${id}`, { method: 'HEAD', headers: TUS })
  return Number(response.headers.get('upload-offset'))
}

/** Sends a piece that is announced to reach the end, stops after so many bytes, and leaves the connection open. */
async function sendUntil(url: string, id: string, bytes: Buffer, from: number, until: number) {
  const patch = request(`${url}/api/files/uploads/${id}`, {
    method: 'PATCH',
    headers: {
      ...TUS,
      'upload-offset': String(from),
      'content-type': 'application/offset+octet-stream',
      'content-length': String(bytes.length - from),
    },
  })
  patch.on('error', () => undefined)
  await new Promise<void>((resolve) => patch.write(bytes.subarray(from, until), () => resolve()))
  return patch
}

test('a server that is killed in the middle of an upload goes on where that was, and has it once (P16)', async () => {
  await using folder = await temporaryFolder()
  const env = { DATA_DIR: join(folder.path, 'data') }
  const id = randomUUID()
  const bytes = Buffer.alloc(3_000_000, 'what was long in coming; ')
  await using first = await startServer(env)
  const created = await fetch(`${first.url}/api/files/uploads`, {
    method: 'POST',
    headers: {
      ...TUS,
      'upload-length': String(bytes.length),
      'upload-metadata': `filename ${encode('long.txt')},id ${encode(id)}`,
    },
  })
  expect(created.status).toBe(201)
  const patch = await sendUntil(first.url, id, bytes, 0, 2_000_000)
  await expect
    .poll(() => offsetOf(first.url, id).catch(() => 0), { timeout: 60_000 })
    .toBeGreaterThan(0)
  await first.end('SIGKILL')
  patch.destroy()

  await using second = await startServer(env)
  const from = await offsetOf(second.url, id)
  expect(from).toBeGreaterThan(0)
  expect(from).toBeLessThan(bytes.length)
  // An incomplete upload is not a file.
  expect((await fetch(`${second.url}/api/files/${id}`)).status).toBe(404)
  const rest = await fetch(`${second.url}/api/files/uploads/${id}`, {
    method: 'PATCH',
    headers: {
      ...TUS,
      'upload-offset': String(from),
      'content-type': 'application/offset+octet-stream',
    },
    body: new Uint8Array(bytes.subarray(from)),
  })
  expect(rest.status).toBe(204)
  const stored = await fetch(`${second.url}/api/files/${id}`)
  const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex')
  expect(hash(Buffer.from(await stored.arrayBuffer()))).toBe(hash(bytes))
  const { items } = (await (await fetch(`${second.url}/api/files`)).json()) as { items: unknown[] }
  expect(items).toHaveLength(1)
}, 180_000)
