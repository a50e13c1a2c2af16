import { initTRPC, tracked, TRPCError } from '@trpc/server'
import { z } from 'zod'
import { group, mutation, query } from '../../../shared/contract/api/declare.ts'
import type { Declaration } from '../../../shared/contract/api/declare.ts'
import { messages, runs } from '../../../shared/contract/api/messages.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import type { SessionEvent } from '../../../shared/contract/events.ts'
import type { Connection } from '../sockets/connection.ts'

/** The behaviour and the recorded calls of the procedures. */
export type Script = {
  /** The log of every session; a watch yields what is appended. */
  events: { seq: number; event: SessionEvent }[]
  append(event: SessionEvent): number
  snapshot(): SessionEvent
  /** From this seq on the log can be continued. */
  firstSeq: number
  calls: { path: string; input: unknown }[]
  watching: number
  /** The number of items that `flood` has yielded. */
  flooded: number
  databaseFails: boolean
  /** `slow` waits for this. */
  gate: PromiseWithResolvers<void>
}

export const STRANGERS_SESSION = '019b0000-0000-7000-8000-00000000dead'

export type Context = { connection: Connection }

const t = initTRPC
  .context<Context>()
  .meta<Declaration>()
  .create({
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, stack: undefined } }),
  })

/** Procedures that only these tests use. */
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

export function createRouter(script: Script, wake: EventTarget) {
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
        .input(messages.send.input.safeExtend({ text: z.string().max(1000) }))
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
