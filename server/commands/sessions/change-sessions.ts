import type { Db } from '../../../db/engine/database.ts'
import { findProject } from '../../../db/queries/belongings/projects.ts'
import { findDeletedEnd } from '../../../db/queries/sessions/deleted.ts'
import { linkFilesOfSessions } from '../../../db/queries/files/copied-files.ts'
import { deleteFilesOfSession } from '../../../db/queries/files/files.ts'
import { insertEvents } from '../../../db/queries/log/events.ts'
import { findActiveRun } from '../../../db/queries/runs/runs.ts'
import * as table from '../../../db/queries/sessions/sessions.ts'
import { importAtomically } from '../../../db/queries/transfer/atomic-import.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import type { ProjectId, UserId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { CommandError, notFound } from '../../api-error.ts'
import type { User } from '../../auth/port.ts'
import type { Limits } from '../../limits/limits.ts'
import type { BranchEvent } from '../../log/events.ts'
import { insertSessions, readImport } from '../../sessions/import/import.ts'
import { admitChange } from '../answers/admit-answer.ts'
import { free, inSession } from '../command.ts'

export const createSession = free(
  sessions.create,
  async ({ database: { db }, limits, known, batches, user, now, newId }, input) => {
    const id = input.id ?? SessionId.parse(newId())
    const wanted = {
      id,
      userId: user.id,
      title: input.title ?? null,
      model: input.model ?? null,
      systemPrompt: input.systemPrompt ?? null,
      projectId: input.projectId ?? null,
      toolsOff: input.toolsOff ?? null,
      temporary: input.temporary ?? false,
      archived: input.archived ?? false,
      now: now(),
    }
    await requireProject(db, user.id, wanted.projectId)
    const madeAtOnce = limits === null && (await batches.make(wanted))
    const made =
      madeAtOnce ||
      (await db.transaction().execute(async (transaction) => {
        const isNew = await insert(transaction, wanted, input.unlessDeleted ?? false)
        // A repeated create is within the limits, also when the first one of it is not committed yet.
        if (isNew) {
          await limits?.keepWithinSessions(transaction, user)
          const bytes = Buffer.byteLength(wanted.systemPrompt ?? '')
          if (bytes > 0) {
            await limits?.keepWithinRoom(transaction, user, bytes)
          }
        }
        return isNew
      }))
    const session = madeAtOnce ? newSession(wanted) : await table.findSession(db, user.id, id)
    if (!session) {
      throw new CommandError('CONFLICT', 'This session id is taken. Create with a new id.')
    }
    if (made) {
      const believed = wanted.title === null ? null : { activeLeaf: null, model: wanted.model }
      known.note(id, { userId: user.id, believed })
    }
    return { result: session, effects: made ? [{ type: 'session-changed', sessionId: id }] : [] }
  },
)

/** A session that was made without a log, as it would be read. */
function newSession({ userId: _, now, toolsOff, ...wanted }: table.NewSession): Session {
  return {
    id: wanted.id,
    title: wanted.title?.toWellFormed() ?? null,
    summary: null,
    status: 'active',
    model: wanted.model?.toWellFormed() ?? null,
    systemPrompt: wanted.systemPrompt?.toWellFormed() ?? null,
    pinned: false,
    archived: wanted.archived ?? false,
    projectId: wanted.projectId ?? null,
    ...(toolsOff && { toolsOff: [...toolsOff] }),
    temporary: wanted.temporary ?? false,
    tags: [],
    createdAt: now,
    updatedAt: now,
    endedAt: null,
    durationMs: null,
    running: false,
    waiting: false,
    seq: 0,
  }
}

/**
 * Makes the session and returns true; returns false when the id is taken, by this person or another. Under the id of a
 * deleted session the new log begins behind every cursor of the old one, with a change of branch: a reader with an old
 * cursor gets a snapshot, and nothing of the old conversation stays on its screen.
 *
 * @throws NOT_FOUND when the id's session was deleted and ids of deleted sessions are refused
 */
async function insert(
  transaction: Db,
  wanted: table.NewSession,
  unlessDeleted: boolean,
): Promise<boolean> {
  if (!(await table.insertSession(transaction, wanted))) {
    return false
  }
  const { id: sessionId, userId } = wanted
  // This is read after the insert, because the insert waits for a transaction that is deleting the session.
  const end = await findDeletedEnd(transaction, sessionId)
  if (end === null) {
    return true
  }
  const session = await table.findSession(transaction, userId, sessionId)
  if (unlessDeleted || !session) {
    throw notFound('session')
  }
  const event: BranchEvent = { type: 'branch', session: { ...session, seq: end }, leaf: null }
  await insertEvents(transaction, [
    { sessionId, seq: end, runId: null, type: event.type, data: JSON.stringify(event) },
  ])
  return true
}

export const updateSession = inSession(sessions.update, {
  session: (_db, _user, { id }) => id,
  admit: admitChange,
  run: async (transaction, { id, ...change }) => {
    await requireProject(transaction.db, transaction.userId, change.projectId ?? null)
    await table.updateSession(transaction.db, id, {
      ...change,
      ...(change.title !== undefined && { titleSource: change.title === null ? null : 'person' }),
      updatedAt: transaction.now(),
    })
    const session = await transaction.addSession()
    // Other changes are little, but instructions are as long as a message, and in the log too.
    if (change.systemPrompt) {
      await transaction.keepWithinRoom(2 * Buffer.byteLength(change.systemPrompt))
    }
    return { result: session, effects: [] }
  },
})

/** @throws NOT_FOUND for a project that is not this person's */
async function requireProject(db: Db, userId: UserId, id: ProjectId | null): Promise<void> {
  if (id !== null && !(await findProject(db, userId, id))) {
    throw notFound('project')
  }
}

export const deleteSession = inSession(sessions.delete, {
  session: (_db, _user, { id }) => id,
  run: async (transaction, { id }) => {
    const { db, log, userId } = transaction
    const active = await findActiveRun(db, id)
    await transaction.audit({ action: 'session.deleted', targetId: id, detail: {} })
    await deleteFilesOfSession(db, id)
    await table.deleteSession(db, id)
    log.dropAll()
    const deleted = { type: 'session-deleted', sessionId: id, userId } as const
    return { result: { id }, effects: [{ ...deleted, runId: active?.id ?? null }] }
  },
})

export const importSessions = free(
  sessions.import,
  async ({ database, limits, user, login, address, now: clock, newId }, { data }) => {
    const now = clock()
    if (limits) {
      await limits.admitSessions({ user, login, address }, 1, lengthOf(data))
    }
    const read = await readImport(data, now)
    // The number of sessions in the file is known only now.
    await limits?.admitSessions({ user, login, address }, read.count, 0)
    // The answer is read before the commit. If reading it failed after the commit, the client would import again and
    // have everything twice.
    const insertAll = async (writing: Db, owner: UserId) => {
      const ids = await insertSessions(writing, read.sessions, {
        userId: user.id,
        owner,
        newId,
        now,
      })
      await linkFilesOfSessions(writing, user.id, ids, now)
      const made: Session[] = []
      for (const id of ids) {
        const session = await table.findSession(writing, owner, id)
        if (session) {
          made.push(session)
        }
      }
      return made
    }
    const imported = await importAtomically(database, user.id, newId, insertAll, (transaction) =>
      keepWithin(transaction, limits, user),
    )
    return {
      result: { sessions: imported },
      effects: imported.map(({ id }) => ({ type: 'session-changed', sessionId: id })),
    }
  },
)

/** Refuses an import that goes over the limit together with another one at the same time. */
async function keepWithin(transaction: Db, limits: Limits | null, user: User): Promise<void> {
  await limits?.keepWithinSessions(transaction, user)
  // A small file can become a hundred times as much, so only what is stored now is believed.
  await limits?.keepWithinRoom(transaction, user, Infinity)
}

/** The length of a file's text, or of its data as JSON, in UTF-16 units. */
function lengthOf(data: unknown): number {
  return typeof data === 'string' ? data.length : JSON.stringify(data ?? null).length
}
