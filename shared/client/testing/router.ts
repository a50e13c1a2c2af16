import { tracked, TRPCError } from '@trpc/server'
import type { initTRPC } from '@trpc/server'
import { z } from 'zod'
import type { LoggedEvent } from '../../contract/events.ts'
import { mergeChunks } from '../../session/merge.ts'
import type { LogRecorder } from '../../session/testing/recorder.ts'

type SendInput = { id: string; text: string; whenBusy?: string | undefined }

export type Script = {
  readonly session: LogRecorder
  /** Resolves at the next change of the session, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>
  record(act: (session: LogRecorder) => void): void
  /** Called before and after a send is executed; may wait, throw, or break the connection. */
  onSend(when: 'before' | 'after', input: SendInput): Promise<void>
  /** Called when the list of sessions is requested; may throw. */
  onList(): Promise<void>
  onStop(input: { clearQueue?: boolean | undefined }): Promise<void>
  /** Called when a watch begins; may throw. */
  onWatch(cursor: number | null): Promise<void>
  /** Changes an event before it is sent to a reader; null ends the watch there. */
  falsify(event: LoggedEvent): LoggedEvent | null
  /** The cursor of each watch; null for one that began with a snapshot. */
  readonly cursors: (number | null)[]
  /** The number of open watches. */
  watching: number
  /** Every send that was received. */
  readonly sends: SendInput[]
  /** Every session that was made. */
  readonly created: { id: string }[]
  /** Every message that was to be taken back. Each is being answered already. */
  readonly unqueued: string[]
  /** Called when a regeneration is requested; may throw, or break the connection. */
  onRegenerate(input: { id: string; newId?: string | undefined }): Promise<void>
}

type Trpc = Pick<
  ReturnType<ReturnType<typeof initTRPC.context<{ token: string | null }>>['create']>,
  'router' | 'procedure'
>

/** The procedures that the SDK calls itself, with one session in memory. */
export function scriptedRouter(trpc: Trpc, script: Script) {
  const { router, procedure } = trpc
  const known = new Map<string, string>()

  async function* watch(cursor: number | null, signal: AbortSignal): AsyncGenerator<LoggedEvent> {
    const { log, views } = script.session
    const first = views.at(-1)
    let at = cursor ?? first?.seq ?? 0
    if (cursor === null && first !== undefined) yield first
    while (!signal.aborted) {
      const behind = log.filter(({ seq }) => seq > at)
      if (behind.length === 0) await script.changed(signal)
      for (const event of mergeChunks(behind)) {
        at = event.seq
        yield event
      }
    }
  }

  return router({
    me: procedure.query(({ ctx }) => ({ id: ctx.token ?? 'local', token: ctx.token })),
    sessions: router({
      create: procedure.input(z.looseObject({ id: z.string() })).mutation(({ input }) => {
        script.created.push(input)
        return { id: input.id }
      }),
      list: procedure.input(z.object({ limit: z.number() })).query(async () => {
        await script.onList()
        return { items: [], nextCursor: null }
      }),
      watch: procedure
        .input(z.object({ id: z.string(), lastEventId: z.string().optional() }))
        .subscription(async function* ({ input, signal = new AbortController().signal }) {
          const { session } = script
          if (input.id !== session.id) throw new TRPCError({ code: 'NOT_FOUND', message: 'None' })
          const cursor = input.lastEventId === undefined ? null : Number(input.lastEventId)
          script.cursors.push(cursor)
          script.watching += 1
          try {
            await script.onWatch(cursor)
            const end = session.log.at(-1)?.seq ?? 0
            const from = cursor !== null && cursor <= end ? cursor : null
            for await (const event of watch(from, signal)) {
              const told = script.falsify(event)
              if (told === null) return
              yield tracked(String(told.seq), told.event)
            }
          } finally {
            script.watching -= 1
          }
        }),
    }),
    messages: router({
      send: procedure
        .input(
          z.object({
            sessionId: z.string(),
            id: z.string(),
            text: z.string(),
            whenBusy: z.string().optional(),
          }),
        )
        .mutation(async ({ input }) => {
          script.sends.push(input)
          await script.onSend('before', input)
          const text = known.get(input.id)
          if (text !== undefined && text !== input.text) {
            throw new TRPCError({ code: 'CONFLICT', message: 'Another text has this id' })
          }
          if (text === undefined) {
            known.set(input.id, input.text)
            script.record((session) => session.say(input.text, input.id))
          }
          await script.onSend('after', input)
          return { messageId: input.id, runId: input.id }
        }),
      unqueue: procedure.input(z.object({ id: z.string() })).mutation(({ input }) => {
        script.unqueued.push(input.id)
        throw new TRPCError({ code: 'CONFLICT', message: 'It is being answered' })
      }),
      regenerate: procedure
        .input(z.object({ id: z.string(), newId: z.string().optional() }))
        .mutation(async ({ input }) => {
          await script.onRegenerate(input)
          const messageId = input.newId ?? input.id
          return { messageId, runId: messageId }
        }),
    }),
    runs: router({
      stop: procedure
        .input(z.object({ sessionId: z.string(), clearQueue: z.boolean().optional() }))
        .mutation(async ({ input }) => {
          await script.onStop(input)
          const stopped = script.session.running
          script.record((session) => session.end('stopped'))
          return { stopped }
        }),
    }),
  })
}
