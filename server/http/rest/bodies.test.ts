import { PassThrough } from 'node:stream'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { toHttpError } from '../http-errors.ts'
import { boundBodies, releaseBody } from './bodies.ts'

const LIMITS = { bodyBytes: 2_000_000, allBodiesBytes: 3_000_000 }
const TEXT = JSON.stringify('x'.repeat(1_900_000))

/** A server that answers `/kept` and `/released` without an end, of which the second has given its body up, and `/short`. */
async function start() {
  const app = Fastify({ bodyLimit: LIMITS.bodyBytes })
  app.setErrorHandler((error, _request, reply) => {
    const { status, body } = toHttpError(error)
    return reply.code(status).send(body)
  })
  boundBodies(app, LIMITS)
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
  return {
    post,
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
