import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import { TRPCError } from '@trpc/server'
import pino from 'pino'
import type { RawData } from 'ws'
import { createAccessPolicy } from '../access/access.ts'
import type { AccessSettings } from '../access/access.ts'
import type { Limits } from '../limits.ts'
import type { HttpServer } from '../server.ts'
import { createHttpServer } from '../server.ts'
import type { TlsFiles } from '../tls.ts'
import { createRouter } from './scripted-router.ts'
import type { Context, Script } from './scripted-router.ts'

/** The HTTP layer over a router of its own, whose sessions are scripted by the test. */
export type TestServer = AsyncDisposable & {
  http: HttpServer
  url: string
  wsUrl: string
  port: number
  script: Script
  logged: Record<string, unknown>[]
  /** Bytes that wait in this process for slow readers. */
  unsentBytes(): number
}

export async function startTestServer(
  given: {
    access?: Partial<AccessSettings>
    limits?: Partial<Limits>
    webRoot?: string
    tls?: TlsFiles
    basePath?: string
  } = {},
): Promise<TestServer> {
  const logged: Record<string, unknown>[] = []
  const logger = pino(
    { level: 'trace' },
    { write: (line: string) => void logged.push(JSON.parse(line)) },
  )
  const wake = new EventTarget()
  setMaxListeners(0, wake)
  const script: Script = {
    events: [],
    append(event) {
      const seq = (script.events.at(-1)?.seq ?? 0) + 1
      script.events.push({ seq, event })
      wake.dispatchEvent(new Event('wake'))
      return seq
    },
    snapshot: () => {
      throw new Error('no snapshot is scripted')
    },
    firstSeq: 0,
    calls: [],
    watching: 0,
    flooded: 0,
    databaseFails: false,
    gate: Promise.withResolvers(),
  }
  const router = createRouter(script, wake)
  const http = await createHttpServer({
    router,
    createContext: (connection): Context => {
      if (connection.token === 'forged') {
        throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in again.' })
      }
      return { connection }
    },
    access: createAccessPolicy({
      mode: 'single',
      publicUrl: null,
      allowedOrigins: [],
      ...given.access,
    }),
    webRoot: given.webRoot ?? '/nowhere',
    logger,
    health: () => ({ version: '1.2.3', database: 'embedded', model: 'demo' }),
    checkDatabase: async () => {
      if (script.databaseFails) throw new Error('no database')
    },
    limits: { closeMs: 500, ...given.limits },
    tls: given.tls ?? null,
    ...(given.basePath !== undefined && { basePath: given.basePath }),
  })
  const sockets = new Set<Socket>()
  http.app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const url = await http.listen({ host: '127.0.0.1', port: 0 })
  return {
    http,
    url,
    wsUrl: url.replace('http', 'ws'),
    port: Number(new URL(url).port),
    script,
    logged,
    unsentBytes: () => [...sockets].reduce((sum, socket) => sum + socket.writableLength, 0),
    [Symbol.asyncDispose]: () => http.close(),
  }
}

/** A message that a client of `ws` received, as text. */
export function textOf(data: RawData): string {
  if (!Buffer.isBuffer(data)) throw new Error('the client was told to give no buffers')
  return data.toString()
}

/** Waits until the condition holds; the test's own time limit is its end. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Resolves with the count once it has stopped growing. */
export async function standstill(count: () => number): Promise<number> {
  let last = -1
  while (last !== count() || last === 0) {
    last = count()
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  return last
}

/** A masked text frame of a client (RFC 6455, section 5.2), its mask zero. */
export function maskedFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}
