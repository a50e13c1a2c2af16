import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { MessageId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import type { SessionTable } from '../schema.ts'
import { arePlaced } from '../engine/places.ts'
import type { OwnSession } from './sessions/sessions.ts'

/**
 * The readers of each session by node, and the closing of sessions without readers. A node registers once per session;
 * the registration counts while the node lives. All times are by the database's clock.
 */

const nodeLives = sql`exists (
  select from nodes where nodes.id = readers.node_id and nodes.lease_until > now())`

const isRead = sql<boolean>`exists (
  select from readers where readers.session_id = sessions.id and ${nodeLives})`

/** This includes an answer that waits until others of its person have ended. Each part has an index of its own. */
const isAnswering = sql<boolean>`(exists (
  select from runs where runs.session_id = sessions.id and runs.status in ('running', 'waiting')) or exists (
  select from runs where runs.session_id = sessions.id and runs.status = 'queued'))`

export type Reader = OwnSession & { nodeId: string }

/**
 * Registers the node as a reader of many sessions.
 *
 * @returns for each false when it was not: also when somebody else has the session locked
 */
export async function enterSessions(db: Db, readers: readonly Reader[]): Promise<boolean[]> {
  const wanted = readers.map(({ userId, sessionId, nodeId }, place) => ({
    ...{ place, session_id: sessionId, user_id: userId, node_id: nodeId },
  }))
  const { rows } = await sql<{ place: number }>`
    select place from enter_sessions(${JSON.stringify(wanted)}::json) as place`.execute(db)
  return arePlaced(readers.length, rows)
}

/**
 * Registers the node as a reader of the session, unless the session is closed.
 * @returns false when the session is closed, does not exist, or belongs to another user
 */
export async function arrive(db: Db, { userId, sessionId, nodeId }: Reader): Promise<boolean> {
  // The update locks the session's row, so that a concurrent closing either sees the new reader or is seen by it.
  const { rows } = await sql`
    with arrived as (
      update sessions set opened_at = coalesce(opened_at, now()), left_at = null
      where id = ${sessionId} and user_id = ${userId} and status = 'active'
      returning id
    ), counted as (
      insert into readers (session_id, node_id) select id, ${nodeId} from arrived on conflict do nothing
    )
    select id from arrived`.execute(db)
  return rows.length > 0
}

/** For each session true when it is this person's. */
export async function ownSessions(
  db: Db,
  sessions: readonly { userId: UserId; sessionId: SessionId }[],
): Promise<boolean[]> {
  const { rows } = await sql<{ place: number }>`
    select wanted.place::int - 1 as place
    from unnest(${sessions.map(({ sessionId }) => sessionId)}::uuid[], ${sessions.map(({ userId }) => userId)}::uuid[])
      with ordinality as wanted (id, user_id, place)
    cross join lateral (select user_id from sessions where id = wanted.id offset 0) as found
    where found.user_id = wanted.user_id`.execute(db)
  return arePlaced(sessions.length, rows)
}

/** Removes the node from the readers of the session, and records the time when it was the last one. */
export async function depart(transaction: Db, sessionId: SessionId, nodeId: string): Promise<void> {
  await departFrom(transaction, nodeId, sql`id = ${sessionId}`)
}

/**
 * The same for many sessions, without waiting for those that somebody else has locked.
 * @returns for each false when it was locked, or is gone
 */
export async function departFromUnlocked(
  transaction: Db,
  sessionIds: readonly SessionId[],
  nodeId: string,
): Promise<boolean[]> {
  const areMeant = sql`id = any(${sessionIds}::uuid[])`
  const left = new Set(await departFrom(transaction, nodeId, areMeant, sql`skip locked`))
  return sessionIds.map((id) => left.has(id))
}

/**
 * Removes the node from the readers of many sessions at once, because it is about to end.
 * @returns the number of sessions; 0 when there are no more
 */
export async function departFromMany(
  transaction: Db,
  nodeId: string,
  limit: number,
): Promise<number> {
  const areMeant = sql`id in (select session_id from readers where node_id = ${nodeId} limit ${limit})`
  return (await departFrom(transaction, nodeId, areMeant)).length
}

/** @returns the sessions that were locked for it */
async function departFrom(
  transaction: Db,
  nodeId: string,
  areMeant: RawBuilder<unknown>,
  orSkip: RawBuilder<unknown> = sql``,
): Promise<SessionId[]> {
  // Locked in a fixed order: other nodes may do the same, and would deadlock otherwise.
  const { rows } = await sql<{ id: SessionId }>`
    select id from sessions where ${areMeant} order by id for no key update ${orSkip}`.execute(
    transaction,
  )
  const ids = rows.map(({ id }) => id)
  // A node that was not registered changes nothing; the departure of one that was taken for dead has been recorded.
  const { rows: left } = await sql<{ id: SessionId }>`
    delete from readers where node_id = ${nodeId} and session_id = any(${ids}::uuid[])
    returning session_id as id`.execute(transaction)
  if (left.length > 0) {
    await sql`
      update sessions set left_at = coalesce(left_at, now())
      where id = any(${left.map(({ id }) => id)}::uuid[]) and status = 'active' and not ${isRead}`.execute(
      transaction,
    )
  }
  return ids
}

/** The number of sessions that the node is registered for. */
export async function countRead(db: Db, nodeId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from readers where node_id = ${nodeId}`.execute(db)
  return rows[0]?.count ?? 0
}

/**
 * Sessions with registered readers on nodes that are not alive.
 * @param everyNode treats all nodes as dead: for a process that has the database to itself, before it registers
 */
export async function findAbandoned(
  db: Db,
  everyNode: boolean,
  limit: number,
): Promise<SessionId[]> {
  const { rows } = await sql<{ id: SessionId }>`
    select distinct session_id as id from readers where ${everyNode} or not ${nodeLives} limit ${limit}`.execute(
    db,
  )
  return rows.map(({ id }) => id)
}

/** Removes readers on nodes that are not alive. They count as having left at their node's last heartbeat. */
export async function forgetAbandoned(
  transaction: Db,
  sessionId: SessionId,
  everyNode: boolean,
): Promise<void> {
  await lockPresence(transaction, sessionId)
  const { rows } = await sql<{ until: string | null }>`
    with forgotten as (
      delete from readers where session_id = ${sessionId} and (${everyNode} or not ${nodeLives})
      returning node_id
    )
    select max(nodes.lease_until) as until from forgotten join nodes on nodes.id = forgotten.node_id`.execute(
    transaction,
  )
  const until = rows[0]?.until ?? null
  await markLeft(transaction, sessionId, sql`least(now(), coalesce(${until}::timestamptz, now()))`)
}

async function markLeft(
  transaction: Db,
  sessionId: SessionId,
  moment: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    update sessions set left_at = coalesce(left_at, ${moment})
    where id = ${sessionId} and status = 'active' and not ${isRead}`.execute(transaction)
}

/** The owner of a session and whether it is closed, locked until the transaction ends; null when it does not exist. */
export async function lockPresence(
  transaction: Db,
  id: SessionId,
): Promise<
  | (Pick<SessionTable, 'summary_job'> & { userId: UserId; temporary: boolean; closed: boolean })
  | null
> {
  const row = await transaction
    .selectFrom('sessions')
    .select(['user_id as userId', 'summary_job', 'temporary'])
    .select(sql<boolean>`status = 'closed'`.as('closed'))
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row ?? null
}

/**
 * Reopens a closed session; the caller holds its lock.
 * @param nodeId the node on which somebody reads it; null when nobody does, and then the grace period begins
 */
export async function reopenSession(
  transaction: Db,
  id: SessionId,
  nodeId: string | null,
): Promise<void> {
  await sql`
    update sessions
    set status = 'active', ended_at = null, summary_job = null, opened_at = now(),
      left_at = ${nodeId === null ? sql`now()` : null}
    where id = ${id} and status = 'closed'`.execute(transaction)
  if (nodeId !== null) {
    await transaction
      .insertInto('readers')
      .values({ session_id: id, node_id: nodeId })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

/**
 * Active sessions without readers for the grace period and without a running answer. After an outage of all nodes, the
 * period begins with the first node that is back, because readers could not return earlier.
 */
export async function findLeft(db: Db, graceSeconds: number, limit: number): Promise<SessionId[]> {
  const { rows } = await sql<{ id: SessionId }>`
    select id from sessions where ${isLeft(graceSeconds)} and not ${isAnswering}
    order by left_at limit ${limit}`.execute(db)
  return rows.map(({ id }) => id)
}

function isLeft(graceSeconds: number): RawBuilder<boolean> {
  return sql`left_at <= now() - make_interval(secs => ${graceSeconds}) and status = 'active'
    and (select min(started_at) from nodes where lease_until > now()) <= now() - make_interval(secs => ${graceSeconds})`
}

export type Closed = {
  userId: UserId
  /** The newest message of the active branch if the summary does not cover it. */
  unsummarised: MessageId | null
}

/**
 * Closes the session if nobody has read it for the grace period; the caller holds its lock. The session ended when its
 * last reader left, or with the last answer after that.
 * @returns null when the session must stay open or is already closed
 */
export async function closeSession(
  transaction: Db,
  id: SessionId,
  graceSeconds: number,
): Promise<Closed | null> {
  const { rows } = await sql<Closed>`
    with ended as (
      select greatest(opened_at, least(now(), greatest(left_at,
        (select max(runs.ended_at) from runs where runs.session_id = sessions.id)))) as at
      from sessions where id = ${id}
    )
    update sessions
    set status = 'closed', ended_at = ended.at, opened_at = null, left_at = null,
      duration_ms = coalesce(duration_ms, 0)
        + round(extract(epoch from ended.at - coalesce(opened_at, ended.at)) * 1000)
    from ended
    where id = ${id} and ${isLeft(graceSeconds)} and not ${isRead} and not ${isAnswering}
    returning user_id as "userId",
      case when active_leaf is distinct from summarised_leaf then active_leaf end as unsummarised`.execute(
    transaction,
  )
  return rows[0] ?? null
}

/** Records that the session has readers again. */
export async function markRead(transaction: Db, id: SessionId): Promise<void> {
  await sql`update sessions set left_at = null where id = ${id} and ${isRead}`.execute(transaction)
}
