import { listAllSessionIds } from '../../db/queries/transfer/exports.ts'
import { tracked } from '@trpc/server'
import { readEvents } from '../../db/queries/log/events.ts'
import { chooseLookup } from '../../db/queries/sessions/search-lookup.ts'
import { listSessions as list } from '../../db/queries/sessions/session-list.ts'
import { findSession } from '../../db/queries/sessions/sessions.ts'
import { listTags } from '../../db/queries/sessions/tags.ts'
import { account } from '../../shared/contract/api/account.ts'
import { sessions } from '../../shared/contract/api/sessions.ts'
import type { SessionEvent } from '../../shared/contract/events.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { Session } from '../../shared/contract/session.ts'
import { notFound } from '../api-error.ts'
import { audit } from '../audit.ts'
import type { AppendedEvent } from '../log/events.ts'
import { procedure, query } from '../trpc.ts'
import type { Admitted } from '../trpc.ts'
import { typedEvent, typedMessages } from '../typed-calls.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { answerFile } from './export/answer-file.ts'
import { exportSession, exportSessions } from './export/export.ts'
import type { ExportFormat, FileInPieces } from './export/export.ts'
import { searchSessions } from './search.ts'

export const listSessions = query(sessions.list, async ({ services, user }, input) => {
  const { db } = services.database
  const lookup = input.search ? await chooseLookup(db, user.id, input.search) : undefined
  if (lookup === null) {
    return { items: [], nextCursor: null }
  }
  const items = await list(db, {
    userId: user.id,
    limit: input.limit + 1,
    archived: input.archived,
    projectId: input.projectId,
    tag: input.tag,
    lookup,
    after: input.cursor ? fromCursor(input.cursor) : undefined,
  })
  const last = items.length > input.limit ? items[input.limit - 1] : undefined
  return { items: items.slice(0, input.limit), nextCursor: last ? toCursor(last) : null }
})

export const listSessionTags = query(sessions.tags, ({ services, user }) =>
  listTags(services.database.db, user.id),
)

export const findInSessions = query(sessions.search, ({ services, user }, input) =>
  services.replica.read((db) => searchSessions(db, user.id, input.query, input.limit)),
)

export const getSession = query(sessions.get, (context, { id }) => requireSession(context, id))

/** The session with its newest messages, and whether there are older ones. */
export const readSession = query(sessions.read, async ({ services, user }, { id }) => {
  const snapshot = await services.reader.snapshot(user.id, id)
  if (!snapshot) {
    throw notFound('session')
  }
  const { session, messages, hasOlder } = snapshot.event
  return { ...session, messages: typedMessages(messages, services.tools), hasOlder }
})

export const readLog = query(sessions.log, async (context, { id, after, limit }) => {
  await requireSession(context, id)
  const { database, tools } = context.services
  const rows = await readEvents(database.db, id, after, limit + 1)
  const page = rows.slice(0, limit)
  return {
    events: page.map(({ seq, at, data }) => ({
      seq,
      at,
      event: typedEvent(toPublic(JSON.parse(data)), tools),
    })),
    nextAfter: rows.length > limit ? (page.at(-1)?.seq ?? null) : null,
  }
})

export const exportFile = query(
  sessions.export,
  async ({ services, user, address, takePieces }, { id, format }) => {
    const file = await openExport({ services, user, address }, { id, format })
    return answerFile(file, takePieces, `/api/session/${id}/export?format=${format}`)
  },
)

/**
 * A session as a file that is made while it is read; the audit log records the export.
 *
 * @throws NOT_FOUND
 */
export async function openExport(
  { services, user, address }: Pick<Admitted, 'services' | 'user' | 'address'>,
  { id, format }: { id: SessionId; format: ExportFormat },
): Promise<FileInPieces> {
  const file = await exportSession(services.database, {
    ...{ id, format },
    userId: user.id,
    now: services.now(),
  })
  if (!file) {
    throw notFound('session')
  }
  const actor = { user, address: address ?? null }
  await audit(services.database.db, actor, services.now(), {
    action: 'export.made',
    targetId: id,
    detail: { what: 'session', format },
  })
  return file
}

export const exportAccount = query(
  account.export,
  async ({ services, user, address, takePieces }) => {
    const { database } = services
    await audit(database.db, { user, address: address ?? null }, services.now(), {
      action: 'export.made',
      targetId: user.id,
      detail: { what: 'account', format: 'json' },
    })
    const [ids, now] = [await listAllSessionIds(database, user.id), services.now()]
    const pieces = exportSessions(database, { userId: user.id, ids, now })
    const name = `throughline-${now.slice(0, 10)}.json`
    const file = { name, mimeType: 'application/json', pieces }
    return answerFile(file, takePieces, '/api/account/export')
  },
)

export const watchSession = procedure
  .meta(sessions.watch)
  .use(async ({ ctx, getRawInput, next }) => {
    const { live, services } = ctx
    const shown = (event: SessionEvent) => typedEvent(event, services.tools)
    return next({ ctx: { outlet: live?.(await getRawInput(), shown) ?? undefined } })
  })
  .input(sessions.watch.input)
  .subscription(async function* ({ ctx: { services, user, drained, outlet }, input, signal }) {
    using _reader = await services.presence.enter(input.id, user.id)
    const events = services.reader.follow({
      sessionId: input.id,
      userId: user.id,
      after: placeIn(input.lastEventId),
      signal: signal ?? new AbortController().signal,
      drained,
      live: outlet,
    })
    for await (const { seq, event } of events) {
      yield tracked(String(seq), typedEvent(event, services.tools))
    }
  })

/** The place that a reader names; null for what is none, such as blanks or `1e3`. */
function placeIn(lastEventId: string | number | null | undefined): number | null {
  return /^\d+$/.test(String(lastEventId)) ? Number(lastEventId) : null
}

export const sessionChanges = procedure.meta(sessions.changes).subscription(async function* ({
  ctx: { services, user, drained },
  signal,
}) {
  yield* services.changes.follow(user.id, signal ?? new AbortController().signal, drained)
})

async function requireSession(
  { services, user }: Pick<Admitted, 'services' | 'user'>,
  id: SessionId,
): Promise<Session> {
  const session = await findSession(services.database.db, user.id, id)
  if (!session) {
    throw notFound('session')
  }
  return session
}

/** To clients a change of branch is a change of the session. */
function toPublic(event: AppendedEvent): SessionEvent {
  return event.type === 'branch' ? { type: 'session', session: event.session } : event
}
