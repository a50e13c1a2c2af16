import { sql } from 'kysely'
import type { MessageId, ProjectId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import type { Db } from '../../engine/database.ts'
import type { SessionTable } from '../../schema.ts'
import { arePlaced } from '../../engine/places.ts'
import { runIsQueued } from '../runs/runs.ts'
import { sessionColumns, shown } from './session-columns.ts'

export type NewSession = {
  id: SessionId
  userId: UserId
  title: string | null
  model: string | null
  systemPrompt: string | null
  projectId?: ProjectId | null
  toolsOff?: readonly string[] | null
  temporary?: boolean
  archived?: boolean
  /** ISO 8601. */
  now: string
}

/**
 * Inserts sessions outside of a transaction.
 *
 * @returns for each false when it was not inserted: the id is taken by any user, or a deleted session had it
 */
export async function insertSessions(db: Db, sessions: readonly NewSession[]): Promise<boolean[]> {
  const wanted = sessions.map((session, place) => ({
    place,
    session_id: session.id,
    user_id: session.userId,
    title: session.title?.toWellFormed() ?? null,
    model: session.model?.toWellFormed() ?? null,
    system_prompt: session.systemPrompt?.toWellFormed() ?? null,
    project_id: session.projectId ?? null,
    tools_off: session.toolsOff ? JSON.stringify(session.toolsOff) : null,
    temporary: session.temporary ?? false,
    archived: session.archived ?? false,
    made_at: session.now,
  }))
  const { rows } = await sql<{ place: number }>`
    select place from make_sessions(${JSON.stringify(wanted)}::json) as place`.execute(db)
  return arePlaced(sessions.length, rows)
}

/** Inserts the session and returns true; false when the id is taken by any user. */
export async function insertSession(db: Db, session: NewSession): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sessions')
    .values({
      id: session.id,
      user_id: session.userId,
      title: session.title,
      title_source: session.title === null ? null : 'person',
      model: session.model,
      system_prompt: session.systemPrompt,
      project_id: session.projectId ?? null,
      tools_off: session.toolsOff ? JSON.stringify(session.toolsOff) : null,
      temporary: session.temporary ?? false,
      archived: session.archived ?? false,
      // A temporary session that nobody ever reads is deleted too, because it counts as left from the beginning.
      left_at: session.temporary === true ? session.now : null,
      created_at: session.now,
      updated_at: session.now,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows) > 0
}

/** The session as its owner sees it; null when it does not exist or belongs to another user. */
export async function findSession(db: Db, userId: UserId, id: SessionId): Promise<Session | null> {
  const row = await db
    .selectFrom('sessions')
    .select(sessionColumns)
    .where('sessions.id', '=', id)
    .where('sessions.user_id', '=', userId)
    .executeTakeFirst()
  return row ? shown(row) : null
}

/** A session, and the person whose it has to be. */
export type OwnSession = { userId: UserId; sessionId: SessionId }

export type SessionState = { session: Session; activeLeaf: MessageId | null; hasQueued: boolean }

/**
 * Each session as its owner sees it, the last message of its active branch, and whether messages are queued; null where
 * it does not exist or belongs to another user.
 */
export async function findSessionStates(
  db: Db,
  wanted: readonly OwnSession[],
): Promise<(SessionState | null)[]> {
  const ids = wanted.map(({ sessionId }) => sessionId)
  const owners = wanted.map(({ userId }) => userId)
  const rows = await db
    .selectFrom(
      sql<{
        id: SessionId
        owner: UserId
        place: number
      }>`unnest(${ids}::uuid[], ${owners}::uuid[]) with ordinality`.as<'wanted'>(
        sql`wanted (id, owner, place)`,
      ),
    )
    .innerJoinLateral(
      ({ selectFrom }) =>
        selectFrom('sessions')
          .select(sessionColumns)
          .select(({ exists, selectFrom: select }) => [
            'sessions.active_leaf as activeLeaf',
            exists(
              select('runs')
                .select('runs.id')
                .whereRef('runs.session_id', '=', 'sessions.id')
                .where(runIsQueued),
            )
              .$castTo<boolean>()
              .as('hasQueued'),
          ])
          .whereRef('sessions.id', '=', 'wanted.id')
          .whereRef('sessions.user_id', '=', 'wanted.owner')
          // Each is looked up by itself: with a join a plan that was made for a small table would read the whole table.
          .limit(1)
          .as('found'),
      (join) => join.onTrue(),
    )
    .selectAll('found')
    .select(sql<number>`wanted.place::int - 1`.as('place'))
    .execute()
  const states: (SessionState | null)[] = wanted.map(() => null)
  for (const { place, activeLeaf, hasQueued, ...session } of rows) {
    states[place] = { session: shown(session), activeLeaf, hasQueued }
  }
  return states
}

/** The session and its owner's id, for notifying the owner; null when it does not exist. */
export async function findSessionWithOwner(
  db: Db,
  id: SessionId,
): Promise<{ userId: UserId; session: Session } | null> {
  const row = await db
    .selectFrom('sessions')
    .select(sessionColumns)
    .select('sessions.user_id as userId')
    .where('sessions.id', '=', id)
    .executeTakeFirst()
  if (!row) {
    return null
  }
  const { userId, ...session } = row
  return { userId, session: shown(session) }
}

/**
 * Locks the session until the transaction ends, so that commands on it are serialized, and returns the columns on which
 * they decide. Null when it does not exist or belongs to another user.
 */
export async function lockSession(transaction: Db, userId: UserId, id: SessionId) {
  const row = await transaction
    .selectFrom('sessions')
    .select([
      'id',
      'active_leaf as activeLeaf',
      'title',
      'status',
      'model',
      'system_prompt as systemPrompt',
    ])
    .where('id', '=', id)
    .where('user_id', '=', userId)
    // A weaker lock that still allows inserts of rows that reference the session; otherwise two nodes would block each
    // other.
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row ?? null
}

/** The newest message of the active branch; null before the first. */
export async function readActiveLeaf(db: Db, id: SessionId): Promise<MessageId | null> {
  const row = await db
    .selectFrom('sessions')
    .select('active_leaf as activeLeaf')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.activeLeaf ?? null
}

export type SessionChange = {
  title?: string | null
  titleSource?: SessionTable['title_source']
  pinned?: boolean
  archived?: boolean
  model?: string | null
  systemPrompt?: string | null
  projectId?: ProjectId | null
  toolsOff?: readonly string[] | null
  tags?: readonly string[]
  activeLeaf?: MessageId | null
  updatedAt?: string
}

/** Updates the given fields; the caller has checked the owner. */
export async function updateSession(db: Db, id: SessionId, change: SessionChange): Promise<void> {
  await db
    .updateTable('sessions')
    .set({
      ...(change.title !== undefined && { title: change.title }),
      ...(change.titleSource !== undefined && { title_source: change.titleSource }),
      ...(change.pinned !== undefined && { pinned: change.pinned }),
      ...(change.archived !== undefined && { archived: change.archived }),
      ...(change.model !== undefined && { model: change.model }),
      ...(change.systemPrompt !== undefined && { system_prompt: change.systemPrompt }),
      ...(change.projectId !== undefined && { project_id: change.projectId }),
      ...(change.toolsOff !== undefined && {
        tools_off: change.toolsOff && JSON.stringify(change.toolsOff),
      }),
      ...(change.tags !== undefined && { tags: [...new Set(change.tags)] }),
      ...(change.activeLeaf !== undefined && { active_leaf: change.activeLeaf }),
      ...(change.updatedAt !== undefined && { updated_at: change.updatedAt }),
      id,
    })
    .where('id', '=', id)
    .execute()
}

/** Deletes the session with everything that belongs to it, including its log. */
export async function deleteSession(transaction: Db, id: SessionId): Promise<void> {
  await transaction.deleteFrom('sessions').where('id', '=', id).execute()
  await transaction.deleteFrom('events').where('session_id', '=', id).execute()
}

/** A person's sessions in a project. */
export async function sessionsOfProject(
  db: Db,
  userId: UserId,
  projectId: ProjectId,
): Promise<SessionId[]> {
  const rows = await db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId)
    .where('project_id', '=', projectId)
    .execute()
  return rows.map(({ id }) => id)
}
