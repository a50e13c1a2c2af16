import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test, vi } from 'vitest'
import { mayUploadPass } from '../../../../../shared/client/index.ts'
import { uploadFile } from './upload-file.ts'
import { uploadWaiting } from './upload-waiting.ts'

const ID = '01a224cc-a429-7000-ad62-1acf5c96b3f7'
// The library reads a buffer in Node, and a file in a browser.
const file = Object.assign(Buffer.alloc(8), {
  name: 'a.txt',
  type: 'text/plain',
}) as unknown as File
const waitingFile = { id: ID, name: 'a.txt', mimeType: 'text/plain', body: null, isStored: false }
const created = { 'tus-resumable': '1.0.0', location: `/${ID}` }

async function startServer(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    request.resume()
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    asked,
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('an upload that is given up in the middle is ended at the server, where it would take room', async () => {
  await using server = await startServer(({ method }, response) => {
    if (method === 'POST') response.writeHead(201, created).end()
    const offset = { ...created, 'upload-length': '8', 'upload-offset': '5' }
    if (method === 'HEAD') response.writeHead(200, offset).end()
    if (method === 'DELETE') response.writeHead(204, created).end()
  })
  const failed = vi.fn<(problem: string) => void>()
  const events = { onProgress: () => {}, onFailed: failed }
  const place = { id: ID, isBegun: false }
  const running = uploadFile(file, events, place, server.endpoint, () => {})
  await expect.poll(() => server.asked).toContain(`PATCH /${ID}`)
  running.cancel()
  await expect.poll(() => server.asked).toContain(`DELETE /${ID}`)
  expect(failed).not.toHaveBeenCalled()
})

test('an upload in the middle of which its message is sent goes on, and the outbox waits for it', async () => {
  const held = Promise.withResolvers<void>()
  await using server = await startServer(({ method }, response) => {
    if (method === 'POST') response.writeHead(201, created).end()
    void held.promise.then(() => {
      if (method === 'PATCH') response.writeHead(204, { ...created, 'upload-offset': '8' }).end()
    })
  })
  const onWhole = vi.fn<() => void>()
  const events = { onProgress: () => {}, onFailed: () => {} }
  const running = uploadFile(file, events, { id: ID, isBegun: false }, server.endpoint, onWhole)
  await expect.poll(() => server.asked).toContain(`PATCH /${ID}`)
  expect(running.leave()).toBe(true)
  const { signal } = new AbortController()
  const waiting = uploadWaiting(waitingFile, new Blob(), signal)
  held.resolve()
  await waiting
  // Also when it has become whole before the outbox asks.
  await uploadWaiting(waitingFile, new Blob(), signal)
  expect(server.asked).toEqual(['POST /', `PATCH /${ID}`])
  expect(onWhole).not.toHaveBeenCalled()
})

test('an upload that was left ends with the connection, whose next one may be another’s', async () => {
  const cut = Promise.withResolvers<void>()
  await using server = await startServer((request, response) => {
    if (request.method === 'POST') response.writeHead(201, created).end()
    else response.on('close', cut.resolve)
  })
  const events = { onProgress: () => {}, onFailed: () => {} }
  const running = uploadFile(file, events, { id: ID, isBegun: false }, server.endpoint, () => {})
  await expect.poll(() => server.asked).toContain(`PATCH /${ID}`)
  running.leave()
  const connection = new AbortController()
  const waiting = uploadWaiting(waitingFile, new Blob(), connection.signal)
  connection.abort(new Error('cut'))
  await expect(waiting).rejects.toThrow('cut')
  await cut.promise
})

test('an upload that was begun before goes on where it stopped, also where the answer to its beginning was lost', async () => {
  for (const isBegun of [true, false]) {
    await using server = await startServer(({ method }, response) => {
      if (method === 'POST') response.writeHead(409, created).end('begun')
      const offset = { ...created, 'upload-length': '8', 'upload-offset': '5' }
      if (method === 'HEAD') response.writeHead(200, offset).end()
      if (method === 'PATCH') response.writeHead(204, { ...created, 'upload-offset': '8' }).end()
    })
    const whole = Promise.withResolvers<void>()
    const events = { onProgress: () => {}, onFailed: (why: string) => whole.reject(new Error(why)) }
    uploadFile(file, events, { id: ID, isBegun }, server.endpoint, whole.resolve)
    await whole.promise
    const begun = isBegun ? [] : ['POST /']
    expect(server.asked).toEqual([...begun, `HEAD /${ID}`, `PATCH /${ID}`])
  }
})

test('too many requests pass, and want of room does not', () => {
  expect(mayUploadPass(429, '30')).toBe(true)
  expect(mayUploadPass(429, '3600')).toBe(false)
  expect(mayUploadPass(429, null)).toBe(false)
  expect([0, 401, 423, 503].map((status) => mayUploadPass(status, null))).not.toContain(false)
  expect([400, 413].map((status) => mayUploadPass(status, null))).not.toContain(true)
})
