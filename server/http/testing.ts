import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import { initTRPC, tracked, TRPCError } from '@trpc/server'
import pino from 'pino'
import type { OpenApiMeta } from 'trpc-to-openapi'
import type { RawData } from 'ws'
import { z } from 'zod'
import type { SessionEvent } from '../../shared/contract/events.ts'
import { createAccessPolicy } from './access.ts'
import type { AccessSettings } from './access.ts'
import type { Connection } from './connection.ts'
import type { Limits } from './limits.ts'
import type { PlainCaller } from './plain-socket.ts'
import type { HttpServer } from './server.ts'
import { createHttpServer } from './server.ts'

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
  .meta<OpenApiMeta>()
  .create({
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, stack: undefined } }),
  })
const sessionInput = z.object({ id: z.uuid() })

function createRouter(script: Script, wake: EventTarget) {
  const note = t.middleware(({ path, input, next }) => {
    script.calls.push({ path, input })
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
    me: call.query(({ ctx }) => ({
      token: ctx.connection.token,
      transport: ctx.connection.transport,
    })),
    echo: call.input(z.object({ text: z.string() })).query(({ input }) => input.text),
    add: call
      .input(
        z.object({
          count: z.number().default(1),
          deep: z.boolean().optional(),
          tags: z.array(z.string()).optional(),
        }),
      )
      .query(({ input }) => input),
    store: call
      .input(z.object({ text: z.string(), flag: z.boolean().nullable().optional() }))
      .use(note)
      .mutation(({ input }) => input),
    boom: call.query(() => {
      throw new Error('the password is hunter2')
    }),
    slow: call.use(note).query(async () => {
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
      create: call.input(z.object({ id: z.uuid().optional() })).mutation(({ input }) => {
        if (input.id === STRANGERS_SESSION) throw new TRPCError({ code: 'CONFLICT' })
        return { id: input.id }
      }),
      get: call
        .meta({ openapi: { method: 'GET', path: '/session/{id}', summary: 'A session' } })
        .input(sessionInput)
        .output(z.object({ id: z.string() }))
        .query(({ input }) => {
          if (input.id === STRANGERS_SESSION)
            throw new TRPCError({ code: 'NOT_FOUND', message: 'No such session.' })
          return input
        }),
      export: call
        .input(sessionInput.extend({ format: z.enum(['json', 'markdown']) }))
        .query(({ input }) => ({
          name: 'a “chat”.md',
          mimeType: 'text/markdown',
          content: `# ${input.format}`,
        })),
      import: call
        .input(z.object({ data: z.unknown() }))
        .mutation(({ input }) => JSON.stringify(input.data).length),
      watch: call
        .input(sessionInput.extend({ lastEventId: z.string().optional() }))
        .subscription(({ input, ctx, signal }) =>
          watch(Number(input.lastEventId ?? Number.NaN), {
            ...ctx.connection,
            signal: signal ?? ctx.connection.signal,
          }),
        ),
      log: call
        .input(sessionInput.extend({ after: z.number(), limit: z.number() }))
        .query(({ input }) => {
          const later = script.events.filter(
            ({ seq }) => seq > input.after && seq >= script.firstSeq,
          )
          return { events: later.slice(0, input.limit) }
        }),
    }),
    messages: t.router({
      send: call
        .input(
          z.object({ sessionId: z.uuid(), text: z.string().max(1000), id: z.uuid().optional() }),
        )
        .use(note)
        .mutation(() => ({ messageId: 'm', runId: 'r' })),
    }),
    runs: t.router({
      stop: call
        .input(z.object({ sessionId: z.uuid() }))
        .use(note)
        .mutation(() => ({ stopped: true })),
    }),
    tools: t.router({
      decide: call
        .input(z.object({ callId: z.uuid(), decision: z.enum(['approve', 'deny']) }))
        .use(note)
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
  given: { access?: Partial<AccessSettings>; limits?: Partial<Limits>; webRoot?: string } = {},
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
      if (connection.token === 'forged')
        throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in again.' })
      return { connection }
    },
    createCaller: (context, signal): PlainCaller => router.createCaller(context, { signal }),
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
