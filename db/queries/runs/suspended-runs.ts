import { sql } from 'kysely'
import type { RunId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/**
 * Requests a stop of all runs of a person: those that are going, wait for the person, or are queued.
 *
 * @returns the runs that a node drives
 */
export async function stopRunsOf(transaction: Db, userId: UserId, now: string): Promise<RunId[]> {
  const { rows } = await sql<{ id: RunId; status: string }>`
    update runs set stop_requested_at = ${now}
    where user_id = ${userId} and status in ('running', 'waiting', 'queued') and stop_requested_at is null
    returning id, status`.execute(transaction)
  return rows.filter(({ status }) => status === 'running').map(({ id }) => id)
}

/** Requests a stop of all runs of suspended people, to include those that began at the moment of the suspension. */
export async function stopRunsOfSuspended(db: Db, now: string): Promise<void> {
  await sql`
    update runs set stop_requested_at = ${now} where id in (
      select runs.id from runs join users on users.id = runs.user_id and users.account_status = 'suspended'
        where runs.status in ('running', 'waiting') and runs.stop_requested_at is null
      union all
      select runs.id from runs join users on users.id = runs.user_id and users.account_status = 'suspended'
        where runs.status = 'queued' and runs.stop_requested_at is null)`.execute(db)
}

export type StoppedRun = { id: RunId; sessionId: SessionId; userId: UserId }

/**
 * Runs with a requested stop that wait for their person, so that no node drives them. Only one of the two states in the
 * index of active runs is wanted here.
 */
export async function findStoppedWaiting(db: Db, limit: number): Promise<StoppedRun[]> {
  const { rows } = await sql<StoppedRun>`
    select id, session_id as "sessionId", user_id as "userId" from runs
    where status in ('running', 'waiting') and status = 'waiting' and stop_requested_at is not null
    limit ${limit}`.execute(db)
  return rows
}
