import { Transform, pipeline } from 'node:stream'
import { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Limits } from '../limits.ts'

/** The room that the body of a request takes, until the request is over: then it is nothing, for good. Bytes. */
type Room = { isGradual: boolean; length: number; set(length: number): void; end(): void }

const rooms = new WeakMap<FastifyRequest, Room>()

/**
 * The room for a longer body grows with the bytes that arrive, so a client that announces one and does not send it
 * blocks nobody. Bytes.
 */
const GRADUAL = 1024 * 1024

/**
 * Rejects bodies by the head of the request, before any byte is kept: those without a route, those that are too large,
 * and those for which the bodies in progress leave no room.
 */
export function boundBodies(
  app: FastifyInstance,
  { bodyBytes, allBodiesBytes }: Pick<Limits, 'bodyBytes' | 'allBodiesBytes'>,
): void {
  let held = 0
  app.addHook('onRequest', async (request, reply) => {
    const { headers } = request
    const isChunked = headers['transfer-encoding'] !== undefined
    const length = Number(headers['content-length'] ?? 0)
    if (!isChunked && length === 0) return
    if (request.is404) {
      reply.header('connection', 'close')
      throw new TRPCError({ code: 'NOT_FOUND', message: 'There is nothing at this address.' })
    }
    const limit = request.routeOptions.bodyLimit ?? bodyBytes
    if (length > limit) {
      reply.header('connection', 'close')
      const message = `A body may have ${limit} bytes at most.`
      throw new TRPCError({ code: 'PAYLOAD_TOO_LARGE', message })
    }
    // A body that is streamed to the disk takes almost no memory.
    if ('streamed' in request.routeOptions.config) return
    // The length of a chunked body is unknown before its end.
    const size = isChunked ? limit : length
    if (held + size > allBodiesBytes) throw noRoom(reply)
    const isGradual = isChunked || length > GRADUAL
    let isOver = false
    const room: Room = {
      ...{ isGradual, length: 0 },
      set(now) {
        if (isOver) return
        held += now - room.length
        room.length = now
      },
      end() {
        room.set(0)
        isOver = true
      },
    }
    if (!isGradual) room.set(length)
    rooms.set(request, room)
    reply.raw.once('close', room.end)
    // A hook before this one may have waited until the connection was gone.
    if (reply.raw.destroyed) room.end()
  })
  app.addHook('preParsing', (request, reply, payload, done) => {
    const room = rooms.get(request)
    if (!room?.isGradual) return done(null, payload)
    const counted = new Transform({
      transform(piece: Buffer, _encoding, taken) {
        room.set(room.length + piece.length)
        if (held > allBodiesBytes) taken(noRoom(reply))
        else taken(null, piece)
      },
    })
    // The reader of `counted` gets the error.
    pipeline(payload, counted, () => undefined)
    // The rest of a refused body is not read.
    reply.raw.once('close', () => counted.destroy())
    done(null, counted)
  })
}

/** Gives a body up, and the room that it takes, before an answer that goes on for long: nothing may refer to it any more. */
export function releaseBody(request: FastifyRequest): void {
  request.body = undefined
  rooms.get(request)?.set(0)
}

function noRoom(reply: FastifyReply): TRPCError {
  reply.header('connection', 'close')
  reply.header('retry-after', '5')
  const message = 'The server is reading as much as it can just now. Try again in a few seconds.'
  return new TRPCError({ code: 'TOO_MANY_REQUESTS', message })
}

/** Fastify refuses an empty body that says it is JSON; many clients send one with `POST …/stop`, and OpenAI's for Python with every cancel and delete. */
export function acceptEmptyBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  // Text is nothing that a procedure takes, and is not to be read first.
  app.removeContentTypeParser(['application/json', 'text/plain'])
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else void parse(request, body.toString(), done)
  })
}
