import { sql } from 'kysely'
import type { ExpressionBuilder } from 'kysely'
import type { MessageId, ProjectId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import type { Db } from '../../engine/database.ts'
import type { Schema, SessionTable } from '../../schema.ts'
import { runIsActive, runIsQueued, runIsWaiting } from '../runs/runs.ts'
import { messageMatches, messagesOfFiles, sessionMatches } from './search-lookup.ts'
import type { Lookup } from './search-lookup.ts'

export type NewSession = {
  id: SessionId
  userId: UserId
  title: string | null
  model: string | null
  systemPrompt: string | null
  projectId?: ProjectId | null
  toolsOff?: readonly string[] | null
  temporary?: boolean
  /** ISO 8601. */
  now: string
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
      // One that nobody ever comes to read goes as well.
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
  return row ?? null
}

/** The session as its owner sees it, where its active branch ends, and whether anything waits in it. */
export async function findSessionState(
  db: Db,
  userId: UserId,
  id: SessionId,
): Promise<{ session: Session; activeLeaf: MessageId | null; hasQueued: boolean } | null> {
  const row = await db
    .selectFrom('sessions')
    .select(sessionColumns)
    .select(({ exists, selectFrom }) => [
      'sessions.active_leaf as activeLeaf',
      exists(
        selectFrom('runs')
          .select('runs.id')
          .whereRef('runs.session_id', '=', 'sessions.id')
          .where(runIsQueued),
      )
        .$castTo<boolean>()
        .as('hasQueued'),
    ])
    .where('sessions.id', '=', id)
    .where('sessions.user_id', '=', userId)
    .executeTakeFirst()
  if (!row) {
    return null
  }
  const { activeLeaf, hasQueued, ...session } = row
  return { session, activeLeaf, hasQueued }
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
  return { userId, session }
}

/**
 * A version mark for each recently changed session of these users: it changes with the session's row and with the state
 * of its run.
 */
export async function readActivity(
  db: Db,
  userIds: readonly UserId[],
): Promise<{ id: SessionId; userId: UserId; mark: string }[]> {
  const { rows } = await sql<{ id: SessionId; userId: UserId; mark: string }>`
    select sessions.id, sessions.user_id as "userId", concat(sessions.xmin, ' ', active.status) as mark
    from sessions
    left join runs as active on active.session_id = sessions.id and active.status in ('running', 'waiting')
    where sessions.user_id = any(${userIds}::uuid[]) and (active.id is not null
      or greatest(sessions.updated_at, sessions.opened_at, sessions.ended_at) > now() - interval '1 day')`.execute(
    db,
  )
  return rows
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
      ...(change.activeLeaf !== undefined && { active_leaf: change.activeLeaf }),
      ...(change.updatedAt !== undefined && { updated_at: change.updatedAt }),
      id,
    })
    .where('id', '=', id)
    .execute()
}

/** Deletes the session with all that belongs to it, its log included. */
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

export type SessionPage = {
  userId: UserId
  limit: number
  archived: boolean
  projectId?: ProjectId | undefined
  /** Keeps only sessions with a match in the title, the summary, a message or its files; all when absent. */
  lookup?: Lookup | undefined
  /** The last session of the previous page. */
  after?: { updatedAt: string; id: SessionId } | undefined
}

/** A person's sessions, most recently active first. */
export async function listSessions(db: Db, page: SessionPage): Promise<Session[]> {
  let query = db
    .selectFrom('sessions')
    .select(sessionColumns)
    .where('user_id', '=', page.userId)
    .where('archived', '=', page.archived)
  const { after, lookup, projectId } = page
  if (projectId) {
    query = query.where('project_id', '=', projectId)
  }
  if (after) {
    query = query.where(sql<boolean>`(updated_at, sessions.id) < (${after.updatedAt}, ${after.id})`)
  }
  if (lookup) {
    query = query.where(
      sql<boolean>`(${sessionMatches(page.userId, lookup)}
        or sessions.id in (select session_id from messages where ${messageMatches(page.userId, lookup)})
        or sessions.id in (select session_id from ${messagesOfFiles(page.userId, lookup)} as of_files))`,
    )
  }
  return query
    .orderBy('updated_at', 'desc')
    .orderBy('sessions.id', 'desc')
    .limit(page.limit)
    .execute()
}

function sessionColumns({ ref, exists, selectFrom }: ExpressionBuilder<Schema, 'sessions'>) {
  return [
    ref('sessions.id').as('id'),
    ref('sessions.title').as('title'),
    ref('sessions.summary').as('summary'),
    ref('sessions.status').as('status'),
    ref('sessions.model').as('model'),
    ref('sessions.system_prompt').as('systemPrompt'),
    ref('sessions.pinned').as('pinned'),
    ref('sessions.archived').as('archived'),
    ref('sessions.project_id').as('projectId'),
    ref('sessions.tools_off').as('toolsOff'),
    ref('sessions.temporary').as('temporary'),
    ref('sessions.created_at').as('createdAt'),
    ref('sessions.updated_at').as('updatedAt'),
    ref('sessions.ended_at').as('endedAt'),
    ref('sessions.duration_ms').as('durationMs'),
    exists(
      selectFrom('runs')
        .select('runs.id')
        .whereRef('runs.session_id', '=', 'sessions.id')
        .where(runIsActive),
    )
      .$castTo<boolean>()
      .as('running'),
    exists(
      selectFrom('runs')
        .select('runs.id')
        .whereRef('runs.session_id', '=', 'sessions.id')
        .where(runIsWaiting),
    )
      .$castTo<boolean>()
      .as('waiting'),
    selectFrom('events')
      .select(({ fn }) => fn.coalesce(fn.max('events.seq'), sql<number>`0`).as('seq'))
      .whereRef('events.session_id', '=', 'sessions.id')
      .$asScalar()
      .$notNull()
      .as('seq'),
  ] as const
}
