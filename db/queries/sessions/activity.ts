import { sql } from 'kysely'
import type { SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import { callIsAsking } from '../runs/runs.ts'

/**
 * A version mark for each recently changed session of these users: it changes with the session's row and with the state
 * of its run.
 */
export async function readActivity(
  db: Db,
  userIds: readonly UserId[],
): Promise<{ id: SessionId; userId: UserId; mark: string }[]> {
  const { rows } = await sql<{ id: SessionId; userId: UserId; mark: string }>`
    select sessions.id, sessions.user_id as "userId", concat(sessions.xmin, ' ', active.status, ' ', (
      select max(tool_calls.asked_seq) from tool_calls where tool_calls.session_id = sessions.id and ${callIsAsking})) as mark
    from sessions
    left join runs as active on active.session_id = sessions.id and active.status in ('running', 'waiting')
    where sessions.user_id = any(${userIds}::uuid[]) and (active.id is not null
      or greatest(sessions.updated_at, sessions.opened_at, sessions.ended_at) > now() - interval '1 day')`.execute(
    db,
  )
  return rows
}
