import { TRPCError, tracked } from '@trpc/server'
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
import { sessions } from '../../shared/contract/api/sessions.ts'
import { SessionId } from '../../shared/contract/ids.ts'
import type { Session } from '../../shared/contract/session.ts'
import { SessionGoneError } from '../log/port.ts'
import { type Context, mutation, notFound, procedure, query, router } from '../trpc.ts'
import { typedEvent } from '../typed-calls.ts'
import { createSession } from './create.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { logPage, sessionWithMessages } from './read.ts'
import { searchSessions } from './search.ts'
import { exportProcedure, importProcedure } from './transfer.ts'

export const sessionsRouter = router({
  create: mutation(sessions.create, async ({ services, user }, input) => {
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

  list: query(sessions.list, async ({ services, user }, input) => {
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

  search: query(sessions.search, ({ services, user }, input) =>
    searchSessions(services.database.db, user.id, input.query, input.limit),
  ),

  get: query(sessions.get, (ctx, input) => getSession(ctx, input.id)),

  read: query(sessions.read, (ctx, input) => sessionWithMessages(ctx, input.id)),

  update: mutation(sessions.update, async ({ services, user }, { id, ...change }) =>
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

  delete: mutation(sessions.delete, async ({ services, user }, { id }) => {
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

  log: query(sessions.log, async (ctx, input) => {
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
    .meta(sessions.watch)
    .input(sessions.watch.input)
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

  changes: procedure.meta(sessions.changes).subscription(async function* ({
    ctx: { services, user, drained },
    signal,
  }) {
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
