import { sql } from 'kysely'
import type { RunId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/** The state of the server, without any text of conversations. */

export type GoingRun = {
  id: RunId
  sessionId: SessionId
  userId: UserId
  userName: string
  status: 'queued' | 'running' | 'waiting'
  model: string
  attempt: number
  node: string | null
  stopRequested: boolean
  createdAt: string
  startedAt: string | null
}

/** The runs that are going or wait, oldest first. */
export async function listGoingRuns(db: Db, limit: number): Promise<GoingRun[]> {
  const { rows } = await sql<GoingRun>`
    select runs.id, session_id as "sessionId", user_id as "userId", users.name as "userName", runs.status, model,
      attempt, owner as node, stop_requested_at is not null as "stopRequested", runs.created_at as "createdAt",
      started_at as "startedAt"
    from runs join users on users.id = runs.user_id
    where runs.ended_at is null and runs.status in ('queued', 'running', 'waiting')
    order by runs.created_at, runs.id limit ${limit}`.execute(db)
  return rows
}

export type KnownNode = {
  id: string
  startedAt: string
  leaseUntil: string
  isAlive: boolean
  runs: number
  sessionsRead: number
}

/** The registered nodes, including those whose lease ended not long ago. */
export async function listNodes(db: Db): Promise<KnownNode[]> {
  const { rows } = await sql<KnownNode>`
    select id, started_at as "startedAt", lease_until as "leaseUntil", lease_until > now() as "isAlive",
      (select count(*)::int from runs where runs.owner = nodes.id and runs.status = 'running') as runs,
      (select count(*)::int from readers where readers.node_id = nodes.id) as "sessionsRead"
    from nodes order by started_at, id`.execute(db)
  return rows
}
