import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { toHttpError } from '../http-errors.ts'
import { boundBodies, releaseBody } from './bodies.ts'

const LIMITS = { bodyBytes: 2_000_000, allBodiesBytes: 3_000_000 }
const TEXT = JSON.stringify('x'.repeat(1_900_000))

/** A server that answers `/kept` and `/released` without an end, of which the second has given its body up, and `/short`. */
async function start(limits = LIMITS) {
  const app = Fastify({ bodyLimit: limits.bodyBytes })
  app.setErrorHandler((error, _request, reply) => {
    const { status, body } = toHttpError(error)
    return reply.code(status).send(body)
  })
  boundBodies(app, limits)
  app.post('/short', async () => ({}))
  app.post('/kept', async (_request, reply) => reply.send(begun()))
  app.post('/released', async (request, reply) => {
    releaseBody(request)
    return reply.send(begun())
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const left = new AbortController()
  const post = (path: string, body: string | ReadableStream<Uint8Array>) =>
    fetch(`${url}${path}`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
      ...{ duplex: 'half', signal: left.signal },
    })
  /** Sends a chunked body as fast as the server takes it, until the server ends the connection. */
  const flood = async (path: string, length: number) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
    socket.on('error', () => undefined).resume()
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`
    socket.write(`${head}${length.toString(16)}\r\n`)
    socket.write(Buffer.alloc(length, 'x'))
    await new Promise((resolve) => socket.once('close', resolve))
  }
  return {
    ...{ post, flood },
    [Symbol.asyncDispose]: async () => {
      left.abort()
      await app.close()
    },
  }
}

function begun(): PassThrough {
  const answer = new PassThrough()
  answer.write('begun')
  return answer
}

function inPieces(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream()
}

test('a chunked body takes no more room than it has, while its answer goes on', async () => {
  await using server = await start()
  for (let asked = 0; asked < 5; asked += 1) {
    expect((await server.post('/kept', inPieces('"small"'))).status).toBe(200)
  }
})

test('a body that is worked on takes its room, until it is given up', async () => {
  await using server = await start()
  for (const form of [(text: string) => text, inPieces]) {
    expect((await server.post('/released', form(TEXT))).status).toBe(200)
    expect((await server.post('/released', form(TEXT))).status).toBe(200)
  }
  expect((await server.post('/kept', inPieces(TEXT))).status).toBe(200)
  expect((await server.post('/short', TEXT)).status).toBe(429)
  expect((await server.post('/short', inPieces('"small"'))).status).toBe(429)
  expect((await server.post('/short', '"small"')).status).toBe(200)
})

test('bodies that are announced and do not come keep nobody out', async () => {
  await using server = await start()
  for (let asked = 0; asked < 3; asked += 1) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    void server.post('/short', readable).catch(() => undefined)
    // It is being read.
    await writable.getWriter().write(new Uint8Array([34]))
  }
  expect((await server.post('/short', TEXT)).status).toBe(200)
})

test('bodies that are refused in their middle give all their room back (P12)', async () => {
  await using server = await start({ bodyBytes: 1_000_000, allBodiesBytes: 2_000_000 })
  for (let asked = 0; asked < 15; asked += 1) {
    await server.flood('/short', 20_000_000)
  }
  expect((await server.post('/short', inPieces('"small"'))).status).toBe(200)
})
