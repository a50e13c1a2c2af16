import { sql } from 'kysely'
import { UserLimits } from '../../../shared/contract/user.ts'
import type { SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/** The condition for a person's rows; for a guest it includes everybody who shares the limits. */
export function sharesLimitsOf(userId: UserId) {
  return sql<boolean>`(users.id = ${userId} or users.pool = (select pool from users as mine where mine.id = ${userId}))`
}

/**
 * Locks a person's limits until the transaction ends, so that of two transactions that count at once only one finds the
 * last place free.
 *
 * @returns the limits that an administrator set; null when there is no such person
 */
export async function lockLimitsOf(transaction: Db, userId: UserId): Promise<UserLimits | null> {
  const { rows } = await sql<{ id: UserId; limits: unknown }>`
    select id, limits from users where ${sharesLimitsOf(userId)}
    order by id for no key update`.execute(transaction)
  const row = rows.find(({ id }) => id === userId)
  return row ? (UserLimits.safeParse(row.limits ?? {}).data ?? {}) : null
}

/**
 * The number of a person's runs that are going, and whether one waits only because of that number.
 *
 * @param except a session whose waiting runs do not count
 */
export async function countRunsOf(
  db: Db,
  userId: UserId,
  except: SessionId | null,
): Promise<{ running: number; waits: boolean }> {
  const { rows } = await sql<{ running: number; waits: boolean }>`
    select (select count(*)::int from runs where user_id = ${userId} and status = 'running') as running,
      exists (
        select from runs where user_id = ${userId} and status = 'queued' and session_id is distinct from ${except}::uuid
          and ${sessionIsFree}) as waits`.execute(db)
  const [row] = rows
  if (!row) {
    throw new Error('a count is always answered')
  }
  return row
}

const sessionIsFree = sql<boolean>`not exists (
  select from runs as active where active.session_id = runs.session_id and active.status in ('running', 'waiting'))`

/**
 * Sessions in which a waiting run may start, because fewer runs of its person are going now: for each person as many as
 * the limit allows, in the order in which they were queued. The first session of each person comes before the second of
 * anyone. Runs with a requested stop start in any case.
 *
 * @param runsAtOnce for people without a limit of their own; null is no limit
 */
export async function findStartable(
  db: Db,
  { runsAtOnce, userId, limit }: { runsAtOnce: number | null; userId?: UserId; limit: number },
): Promise<{ sessionId: SessionId; userId: UserId }[]> {
  const { rows } = await sql<{ sessionId: SessionId; userId: UserId }>`
    with waiting as (
      select distinct on (session_id) session_id, user_id, created_at, stop_requested_at from runs
      where status = 'queued' and ${sessionIsFree} ${userId ? sql`and user_id = ${userId}` : sql``}
      order by session_id, place
    ), turns as (
      select waiting.*, row_number() over (
        partition by user_id order by stop_requested_at is null, created_at) as turn,
        (select count(*) from runs where runs.user_id = waiting.user_id and runs.status = 'running') as running
      from waiting
    )
    select turns.session_id as "sessionId", turns.user_id as "userId" from turns
    join users on users.id = turns.user_id
      and (users.account_status = 'active' or turns.stop_requested_at is not null)
    where turns.stop_requested_at is not null or turns.running + turns.turn <= case
      when users.limits->'runsAtOnce' is null then ${runsAtOnce ?? UNBOUNDED}::double precision
      when jsonb_typeof(users.limits->'runsAtOnce') = 'number' then (users.limits->>'runsAtOnce')::double precision
      else ${UNBOUNDED}::double precision end
    order by turns.turn, turns.created_at limit ${limit}`.execute(db)
  return rows
}

const UNBOUNDED = 1e9
