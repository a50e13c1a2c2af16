import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import { initTRPC, tracked, TRPCError } from '@trpc/server'
import pino from 'pino'
import type { RawData } from 'ws'
import { z } from 'zod'
import { group, mutation, query } from '../../shared/contract/api/declare.ts'
import type { Declaration } from '../../shared/contract/api/declare.ts'
import { messages, runs } from '../../shared/contract/api/messages.ts'
import { sessions } from '../../shared/contract/api/sessions.ts'
import { tools } from '../../shared/contract/api/tools.ts'
import type { SessionEvent } from '../../shared/contract/events.ts'
import { createAccessPolicy } from './access.ts'
import type { AccessSettings } from './access.ts'
import type { Connection } from './sockets/connection.ts'
import type { Limits } from './limits.ts'
import type { HttpServer } from './server.ts'
import { createHttpServer } from './server.ts'
import type { TlsFiles } from './tls.ts'

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

/** What the test puts behind the procedures, and what it learns of them. */
export type Script = {
  /** The log of every session; a watch yields what is appended. */
  events: { seq: number; event: SessionEvent }[]
  append(event: SessionEvent): number
  snapshot(): SessionEvent
  /** From this seq on the log can be continued. */
  firstSeq: number
  calls: { path: string; input: unknown }[]
  watching: number
  /** What `flood` has yielded, and how much each item weighs. */
  flooded: number
  databaseFails: boolean
  /** `slow` waits for this. */
  gate: PromiseWithResolvers<void>
}

export const STRANGERS_SESSION = '019b0000-0000-7000-8000-00000000dead'

type Context = { connection: Connection }

const t = initTRPC
  .context<Context>()
  .meta<Declaration>()
  .create({
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, stack: undefined } }),
  })

/** What the layer is tried with beside what the server declares. */
const own = group(null, {
  me: query({ rest: 'GET /me', summary: 'Who is calling' }),
  echo: query({ rest: 'GET /echo', summary: 'Echo', input: z.object({ text: z.string() }) }),
  add: query({
    rest: 'GET /add',
    summary: 'Add',
    input: z.object({
      count: z.number().default(1),
      deep: z.boolean().optional(),
      tags: z.array(z.string()).optional(),
    }),
  }),
  store: mutation({
    rest: 'POST /store',
    summary: 'Store',
    input: z.object({ text: z.string(), flag: z.boolean().nullable().optional() }),
  }),
  boom: query({ rest: 'GET /boom', summary: 'Fail' }),
  slow: query({ rest: 'GET /slow', summary: 'Be slow' }),
})

function createRouter(script: Script, wake: EventTarget) {
  const noted = t.procedure.use(async ({ path, getRawInput, next }) => {
    script.calls.push({ path, input: await getRawInput() })
    return next()
  })
  const call = t.procedure

  async function* watch(after: number, { signal, drained }: Connection) {
    script.watching += 1
    try {
      let cursor = after
      if (Number.isNaN(after) || after < script.firstSeq) {
        cursor = script.events.at(-1)?.seq ?? 0
        yield tracked(String(cursor), script.snapshot())
      }
      while (!signal.aborted) {
        const next = script.events.find((event) => event.seq > cursor)
        if (next) {
          cursor = next.seq
          yield tracked(String(next.seq), next.event)
          await drained()
        } else {
          await once(wake, signal)
        }
      }
    } finally {
      script.watching -= 1
    }
  }

  return t.router({
    me: call.meta(own.me).query(({ ctx: { connection } }) => ({
      token: connection.token,
      transport: connection.transport,
    })),
    echo: call
      .meta(own.echo)
      .input(own.echo.input)
      .query(({ input }) => input.text),
    add: call
      .meta(own.add)
      .input(own.add.input)
      .query(({ input }) => input),
    store: noted
      .meta(own.store)
      .input(own.store.input)
      .mutation(({ input }) => input),
    boom: call.meta(own.boom).query(() => {
      throw new Error('the password is hunter2')
    }),
    slow: noted.meta(own.slow).query(async () => {
      await script.gate.promise
      return 'done'
    }),
    flood: call.subscription(async function* flood({ ctx, signal }) {
      const text = 'x'.repeat(16 * 1024)
      while (!signal?.aborted) {
        script.flooded += 1
        yield tracked(String(script.flooded), text)
        await ctx.connection.drained()
        // Lets the event loop breathe, as a database does.
        await new Promise(setImmediate)
      }
    }),
    sessions: t.router({
      create: call
        .meta(sessions.create)
        .input(sessions.create.input)
        .mutation(({ input }) => {
          if (input.id === STRANGERS_SESSION) throw new TRPCError({ code: 'CONFLICT' })
          return { id: input.id }
        }),
      get: call
        .meta({ ...sessions.get, rest: 'GET /session/{id}' })
        .input(sessions.get.input)
        .query(({ input }) => {
          if (input.id === STRANGERS_SESSION) {
            throw new TRPCError({ code: 'NOT_FOUND', message: 'No such session.' })
          }
          return input
        }),
      export: call
        .meta(sessions.export)
        .input(sessions.export.input)
        .query(({ input }) => ({
          name: 'a “chat”.md',
          mimeType: 'text/markdown',
          content: `# ${input.format}`,
        })),
      import: call
        .meta(sessions.import)
        .input(sessions.import.input)
        .mutation(({ input }) => JSON.stringify(input.data).length),
      watch: call
        .meta(sessions.watch)
        .input(sessions.watch.input)
        .subscription(({ input, ctx, signal }) =>
          watch(Number(input.lastEventId ?? Number.NaN), {
            ...ctx.connection,
            signal: signal ?? ctx.connection.signal,
          }),
        ),
      log: call
        .meta(sessions.log)
        .input(sessions.log.input)
        .query(({ input }) => {
          const later = script.events.filter(
            ({ seq }) => seq > input.after && seq >= script.firstSeq,
          )
          return { events: later.slice(0, input.limit) }
        }),
    }),
    messages: t.router({
      send: noted
        .meta(messages.send)
        .input(messages.send.input.extend({ text: z.string().max(1000) }))
        .mutation(() => ({ messageId: 'm', runId: 'r' })),
    }),
    runs: t.router({
      stop: noted
        .meta(runs.stop)
        .input(runs.stop.input)
        .mutation(() => ({ stopped: true })),
    }),
    tools: t.router({
      decide: noted
        .meta(tools.decide)
        .input(tools.decide.input)
        .mutation(() => ({})),
    }),
  })
}

function once(wake: EventTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      wake.removeEventListener('wake', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    wake.addEventListener('wake', done)
    signal.addEventListener('abort', done)
  })
}

export async function startTestServer(
  given: {
    access?: Partial<AccessSettings>
    limits?: Partial<Limits>
    webRoot?: string
    tls?: TlsFiles
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

/** What a client of `ws` has received, as text. */
export function textOf(data: RawData): string {
  if (!Buffer.isBuffer(data)) throw new Error('the client was told to give no buffers')
  return data.toString()
}

/** Waits until the condition holds; the test's own time limit is its end. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
