import { jsonEncoder } from '@trpc/server/adapters/ws'
import type { Encoder } from '@trpc/server/adapters/ws'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc'
import type { WebSocket } from 'ws'
import type { Limits } from '../limits.ts'
import { noteAnswerId } from './live-outlet.ts'
import { watchedFrame } from './watched-frame.ts'

type EncoderOptions = Pick<Limits, 'batchSize' | 'watchesPerSocket'> & {
  /** Called when the connection params are there; null when none are announced. */
  handshake: (() => void) | null
}

type Request = {
  id: string | number
  method: 'query' | 'mutation' | 'subscription' | 'subscription.stop'
  params?: unknown
}

/**
 * The JSON encoder of one tRPC socket. All messages pass through it, so it enforces the limits: a message beyond one is
 * answered with an error here and never reaches the router.
 */
export function createLimitedEncoder(webSocket: WebSocket, options: EncoderOptions): Encoder {
  /** The watches that run, whether the client has heard that they do, and whether it wants them to end. */
  const watches = new Map<string | number, { started: boolean; stopWanted: boolean }>()
  let handshake = options.handshake

  function refuse(id: string | number, code: TRPC_ERROR_CODE_KEY, message: string): void {
    const data = { code, httpStatus: code === 'BAD_REQUEST' ? 400 : 429 }
    webSocket.send(
      JSON.stringify({ id, error: { message, code: TRPC_ERROR_CODES_BY_KEY[code], data } }),
    )
  }

  function admits(request: Request): boolean {
    if (request.method === 'subscription.stop') return stops(request.id)
    if (request.method !== 'subscription') return true
    if (watches.has(request.id)) {
      refuse(request.id, 'BAD_REQUEST', `A watch with the id ${request.id} is already open.`)
      return false
    }
    if (!hasRoom()) {
      refuse(
        request.id,
        'TOO_MANY_REQUESTS',
        `At most ${options.watchesPerSocket} watches on one socket.`,
      )
      return false
    }
    watches.set(request.id, { started: false, stopWanted: false })
    noteAnswerId(request)
    return true
  }

  /**
   * A stopped subscription makes room at once, because a client that changes its watch sends the stop and the start
   * together.
   */
  function hasRoom(): boolean {
    const most = options.watchesPerSocket
    const wanted = [...watches.values()].filter(({ stopWanted }) => !stopWanted)
    return wanted.length < most && watches.size < 2 * most
  }

  /** tRPC ignores a stop that comes before the start has completed, and the watch would go on without a reader. */
  function stops(id: string | number): boolean {
    const watch = watches.get(id)
    if (!watch) return true
    watch.stopWanted = true
    return watch.started
  }

  function decode(data: string | ArrayBuffer | Uint8Array): unknown {
    const message = jsonEncoder.decode(data)
    if (handshake) {
      handshake()
      handshake = null
      return message
    }
    const all: unknown[] = Array.isArray(message) ? message : [message]
    const calls = all.filter((one) => isRequest(one) && isCall(one))
    if (calls.length <= options.batchSize) {
      return all.filter((one) => !isRequest(one) || admits(one))
    }
    for (const call of all.filter(isRequest)) {
      if (isCall(call)) {
        refuse(
          call.id,
          'BAD_REQUEST',
          `At most ${options.batchSize} queries and mutations in one message.`,
        )
      }
    }
    return all.filter((one) => !isRequest(one) || (!isCall(one) && admits(one)))
  }

  function encode(data: unknown): string | Uint8Array<ArrayBuffer> {
    if (!isAnswer(data)) return jsonEncoder.encode(data)
    settle(data)
    return watchedFrame(data) ?? jsonEncoder.encode(data)
  }

  function settle(answer: Answer): void {
    const watch = watches.get(answer.id)
    if (!watch) return
    if ('error' in answer || answer.result?.type === 'stopped') {
      watches.delete(answer.id)
    } else if (answer.result?.type === 'started') {
      watch.started = true
      if (watch.stopWanted) setImmediate(stopNow, answer.id)
    }
  }

  function stopNow(id: string | number): void {
    webSocket.emit(
      'message',
      Buffer.from(JSON.stringify({ id, method: 'subscription.stop' })),
      false,
    )
  }

  return { encode, decode }
}

type Answer = { id: string | number; error?: unknown; result?: { type?: unknown } }

function isAnswer(data: unknown): data is Answer {
  return hasId(data) && ('error' in data || 'result' in data)
}

function isRequest(data: unknown): data is Request {
  return hasId(data) && 'method' in data
}

function isCall(request: Request): boolean {
  return request.method === 'query' || request.method === 'mutation'
}

function hasId(data: unknown): data is { id: string | number } {
  if (typeof data !== 'object' || data === null || !('id' in data)) return false
  return typeof data.id === 'string' || typeof data.id === 'number'
}
