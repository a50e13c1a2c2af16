import { TRPCError, tracked } from '@trpc/server'
import { z } from 'zod'
import { readEvents } from '../../db/events.ts'
import { findActiveRun } from '../../db/runs.ts'
import { chooseLookup } from '../../db/search-lookup.ts'
import {
  deleteSession,
  findSession,
  listSessions,
  lockSession,
  updateSession,
} from '../../db/sessions.ts'
import { SessionId } from '../../shared/contract/ids.ts'
import { noNul } from '../../shared/contract/no-nul.ts'
import { Session } from '../../shared/contract/session.ts'
import { SessionGoneError } from '../log/port.ts'
import { type Context, notFound, procedure, router } from '../trpc.ts'
import { typedEvent } from '../typed-calls.ts'
import { createSession } from './create.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { logPage, sessionWithMessages } from './read.ts'
import { SearchHit, searchSessions } from './search.ts'
import { exportProcedure, importProcedure } from './transfer.ts'

const Title = z.string().trim().min(1).max(200).check(noNul)
const Model = z.string().trim().min(1).max(200).check(noNul)
const SystemPrompt = z.string().max(50_000).check(noNul)
const SearchText = z.string().trim().max(500)

export const sessionsRouter = router({
  create: procedure
    .input(
      z
        .object({
          id: SessionId.optional(),
          title: Title.nullish(),
          model: Model.nullish(),
          systemPrompt: SystemPrompt.nullish(),
          /** Whether an id whose session was deleted is refused (`NOT_FOUND`), where else a new one begins under it. */
          unlessDeleted: z.boolean().optional(),
        })
        .prefault({}),
    )
    .output(Session)
    .mutation(async ({ ctx: { services, user }, input }) => {
      const id = input.id ?? SessionId.parse(services.newId())
      const { db } = services.database
      const wanted = {
        id,
        userId: user.id,
        title: input.title ?? null,
        model: input.model ?? null,
        systemPrompt: input.systemPrompt ?? null,
        now: services.now(),
      }
      const made = await db
        .transaction()
        .execute((transaction) => createSession(transaction, wanted, input.unlessDeleted ?? false))
      const session = await findSession(db, user.id, id)
      if (!session) {
        throw new TRPCError({
          code: 'CONFLICT',
          message: 'This session id is taken. Create with a new id.',
        })
      }
      if (made) {
        services.onSessionChanged(id)
      }
      return session
    }),

  list: procedure
    .input(
      z
        .object({
          cursor: z.string().max(200).nullish(),
          limit: z.coerce.number<number>().int().min(1).max(100).default(50),
          search: SearchText.optional(),
          archived: z.boolean().default(false),
        })
        .prefault({}),
    )
    .output(z.object({ items: z.array(Session), nextCursor: z.string().nullable() }))
    .query(async ({ ctx: { services, user }, input }) => {
      const { db } = services.database
      const lookup = input.search ? await chooseLookup(db, user.id, input.search) : undefined
      if (lookup === null) {
        return { items: [], nextCursor: null }
      }
      const items = await listSessions(db, {
        userId: user.id,
        limit: input.limit + 1,
        archived: input.archived,
        lookup,
        after: input.cursor ? fromCursor(input.cursor) : undefined,
      })
      const last = items.length > input.limit ? items[input.limit - 1] : undefined
      return { items: items.slice(0, input.limit), nextCursor: last ? toCursor(last) : null }
    }),

  /**
   * Finds words, the last of them also by its beginning; where there are none, any part of a text; and where there is
   * none either, words spelled alike. At most three messages of a session, the best first.
   */
  search: procedure
    .input(
      z.object({
        query: SearchText.min(1),
        limit: z.coerce.number<number>().int().min(1).max(50).default(20),
      }),
    )
    .output(z.array(SearchHit))
    .query(({ ctx: { services, user }, input }) =>
      searchSessions(services.database.db, user.id, input.query, input.limit),
    ),

  get: procedure
    .input(z.object({ id: SessionId }))
    .output(Session)
    .query(({ ctx, input }) => getSession(ctx, input.id)),

  /** The session with the messages of its active branch, for those who do not watch. */
  read: procedure
    .input(z.object({ id: SessionId }))
    .query(({ ctx, input }) => sessionWithMessages(ctx, input.id)),

  update: procedure
    .input(
      z.object({
        id: SessionId,
        title: Title.nullish(),
        pinned: z.boolean().optional(),
        archived: z.boolean().optional(),
        model: Model.nullish(),
        systemPrompt: SystemPrompt.nullish(),
      }),
    )
    .output(Session)
    .mutation(async ({ ctx: { services, user }, input: { id, ...change } }) =>
      services.log.append(id, async (transaction, log) => {
        if (!(await lockSession(transaction, user.id, id))) {
          throw notFound('session')
        }
        await updateSession(transaction, id, {
          ...change,
          ...(change.title !== undefined && {
            titleSource: change.title === null ? null : 'person',
          }),
          updatedAt: services.now(),
        })
        const session = await getSession({ services, user }, id, transaction)
        const changed = { ...session, seq: log.nextSeq }
        log.add({ type: 'session', session: changed })
        return changed
      }),
    ),

  delete: procedure
    .input(z.object({ id: SessionId }))
    .output(z.object({ id: SessionId }))
    .mutation(async ({ ctx: { services, user }, input: { id } }) => {
      const active = await services.log.append(id, async (transaction, log) => {
        if (!(await lockSession(transaction, user.id, id))) {
          throw notFound('session')
        }
        const run = await findActiveRun(transaction, id)
        await deleteSession(transaction, id)
        log.dropAll()
        return run
      })
      if (active) {
        services.runs.abandon(active)
      }
      services.onSessionDeleted(id, user.id, active?.id ?? null)
      return { id }
    }),

  log: procedure
    .input(
      z.object({
        id: SessionId,
        after: z.coerce.number<number>().int().min(0).default(0),
        limit: z.coerce.number<number>().int().min(1).max(1000).default(500),
      }),
    )
    .query(async ({ ctx, input }) => {
      await getSession(ctx, input.id)
      return logPage(
        await readEvents(ctx.services.database.db, input.id, input.after, input.limit + 1),
        input.limit,
        ctx.services.tools,
      )
    }),

  export: exportProcedure,
  import: importProcedure,

  watch: procedure
    .input(z.object({ id: SessionId, lastEventId: z.string().nullish() }))
    .subscription(async function* ({ ctx: { services, user, drained }, input, signal }) {
      using _reader = await services.presence.enter(input.id, user.id)
      const events = services.reader.follow({
        sessionId: input.id,
        userId: user.id,
        after: input.lastEventId ? Number(input.lastEventId) : null,
        signal: signal ?? new AbortController().signal,
        drained,
      })
      try {
        for await (const { seq, event } of events) {
          yield tracked(String(seq), typedEvent(event, services.tools))
        }
      } catch (error) {
        throw error instanceof SessionGoneError ? notFound('session') : error
      }
    }),

  changes: procedure.subscription(async function* ({ ctx: { services, user, drained }, signal }) {
    yield* services.changes.follow(user.id, signal ?? new AbortController().signal, drained)
  }),
})

async function getSession(
  { services, user }: Pick<Context, 'services' | 'user'>,
  id: SessionId,
  db = services.database.db,
): Promise<Session> {
  const session = await findSession(db, user.id, id)
  if (!session) {
    throw notFound('session')
  }
  return session
}
