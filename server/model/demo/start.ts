import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isObject, parseJson } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { chatWire } from './wire/chat-wire.ts'
import { DEMO_MODEL, generate } from './generation.ts'
import { replyTo } from './reply.ts'
import { responsesWire } from './wire/responses-wire.ts'
import { sendEvents } from './wire/send-events.ts'
import { BadRequest } from './wire/wire.ts'
import type { Wire } from './wire/wire.ts'

export type DemoModelOptions = {
  /** 0, the default, picks a free port. */
  port?: number
  /** 60 by default; `Infinity` for tests that do not wait. */
  tokensPerSecond?: number
  /** Changes the ids, which are computed from the conversation otherwise. */
  seed?: string
}

export type DemoModel = AsyncDisposable & {
  /** The base URL for a client of the OpenAI family, with `/v1`. */
  baseUrl: string
  close(): Promise<void>
}

/**
 * Starts the demo model: a small server on loopback with both of OpenAI's APIs. It has no knowledge of its own, but it
 * reads the conversation, calls the offered tools, and reports what they returned.
 */
export async function startDemoModel(options: DemoModelOptions = {}): Promise<DemoModel> {
  const { port = 0, tokensPerSecond = 60, seed = '' } = options
  const server = createServer((request, response) => {
    handle(request, response, { tokensPerSecond, seed }).catch((error: unknown) =>
      fail(response, error),
    )
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, '127.0.0.1', listening)
  })
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    if (server.listening) await new Promise((closed) => server.close(closed))
  }
  return { baseUrl: `http://127.0.0.1:${taken}/v1`, close, [Symbol.asyncDispose]: close }
}

const WIRES: Record<string, Wire> = {
  '/v1/chat/completions': chatWire,
  '/v1/responses': responsesWire,
}

type Settings = { tokensPerSecond: number; seed: string }

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  settings: Settings,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  if (request.method === 'GET' && path === '/v1/models') {
    const model = {
      id: DEMO_MODEL,
      object: 'model',
      created: 0,
      owned_by: 'throughline',
      context_length: 128_000,
    }
    return sendJson(response, 200, { object: 'list', data: [model] })
  }
  const wire = WIRES[path]
  if (request.method !== 'POST' || !wire) {
    return sendJson(response, 404, {
      error: { message: `No such address: ${path}.`, type: 'invalid_request_error' },
    })
  }
  const body = await readBody(request)
  const conversation = wire.read(body)
  const generation = generate(conversation, replyTo(conversation), settings.seed)
  if (body.stream !== true) return sendJson(response, 200, wire.whole(generation))
  await sendEvents(response, wire.events(generation, body), settings.tokensPerSecond)
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request) {
    const bytes = Buffer.from(piece)
    length += bytes.length
    if (length > MAX_BODY_BYTES) throw new BadRequest('The request is too large.', 'body')
    pieces.push(bytes)
  }
  const body = parseJson(Buffer.concat(pieces).toString('utf8'))
  if (!isObject(body)) throw new BadRequest('The body is no JSON object.', 'body')
  return body
}

const MAX_BODY_BYTES = 32 * 1024 * 1024

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
  } else if (error instanceof BadRequest) {
    const { message, param } = error
    sendJson(response, 400, {
      error: { message, param, type: 'invalid_request_error', code: null },
    })
  } else {
    sendJson(response, 500, { error: { message: 'The demo model failed.', type: 'server_error' } })
  }
}

function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
