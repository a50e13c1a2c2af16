import { sql } from 'kysely'
import type { RunId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import { runColumns, runIsRunning } from './runs.ts'
import { runIsSteered } from './steering.ts'
import type { Run } from './runs.ts'

/**
 * Assigns a queued run to the node `owner` as its first attempt.
 * @param offered the names of the tools that are available
 */
export async function startRun(
  transaction: Db,
  id: RunId,
  { owner, now, offered }: { owner: string; now: string; offered: readonly string[] },
): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({
      status: 'running',
      owner,
      attempt: 1,
      started_at: now,
      offered: JSON.stringify(offered),
    })
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .execute()
}

/**
 * Running runs whose node is not alive.
 * @param dropped runs of `owner` that it does not drive any more
 */
export async function findOrphans(
  db: Db,
  owner: string,
  dropped: readonly RunId[],
  limit: number,
): Promise<Run[]> {
  return db
    .selectFrom('runs')
    .select(runColumns)
    .where(runIsRunning)
    .where(orphaned(owner, dropped))
    .orderBy('runs.created_at')
    .limit(limit)
    .execute()
}

/**
 * Takes over an orphaned run and counts the attempt; null when another node was faster, or when the run was given to
 * another person since it was found.
 */
export async function claimOrphan(
  transaction: Db,
  { id, userId }: Pick<Run, 'id' | 'userId'>,
  owner: string,
  dropped: readonly RunId[],
): Promise<Run | null> {
  const row = await transaction
    .updateTable('runs')
    .set({ owner, attempt: sql<number>`attempt + 1` })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where(runIsRunning)
    .where(orphaned(owner, dropped))
    .returning(runColumns)
    .executeTakeFirst()
  return row ?? null
}

/** Begins another attempt at a run that this node drives; null when another attempt has it. */
export async function beginAnew(
  transaction: Db,
  { id, attempt }: Pick<Run, 'id' | 'attempt'>,
  owner: string,
): Promise<Run | null> {
  const row = await transaction
    .updateTable('runs')
    .set({ attempt: attempt + 1, generation: null })
    .where('id', '=', id)
    .where('owner', '=', owner)
    .where('attempt', '=', attempt)
    .where(runIsRunning)
    .returning(runColumns)
    .executeTakeFirst()
  return row ?? null
}

function orphaned(owner: string, dropped: readonly RunId[]) {
  return sql<boolean>`case when runs.owner = ${owner}::uuid then runs.id = any(${dropped}::uuid[])
    else not exists (select 1 from nodes where nodes.id = runs.owner and nodes.lease_until > now()) end`
}

/** The running runs of a node. */
export async function findOwn(db: Db, owner: string): Promise<Pick<Run, 'id' | 'attempt'>[]> {
  return db
    .selectFrom('runs')
    .select(['id', 'attempt'])
    .where('owner', '=', owner)
    .where(runIsRunning)
    .execute()
}

/** Runs of a node for which a stop was requested, on any node. */
export async function findStopped(db: Db, owner: string): Promise<RunId[]> {
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('owner', '=', owner)
    .where(runIsRunning)
    .where('stop_requested_at', 'is not', null)
    .execute()
  return rows.map(({ id }) => id)
}

/** Puts a run into the state `waiting` (for a person): no node drives it. */
export async function parkRun(transaction: Db, id: RunId): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ status: 'waiting', owner: null })
    .where('id', '=', id)
    .execute()
}

/** Assigns a waiting run to a node; null when it is not waiting. */
export async function wakeRun(transaction: Db, id: RunId, owner: string): Promise<Run | null> {
  const row = await transaction
    .updateTable('runs')
    .set({ status: 'running', owner })
    .where('id', '=', id)
    .where('status', '=', 'waiting')
    .returning(runColumns)
    .executeTakeFirst()
  return row ?? null
}

/**
 * Locks the run on behalf of the attempt that drives it.
 * @returns null when another attempt owns the run or it has ended: the caller must then write nothing more
 */
export async function holdRun(
  transaction: Db,
  id: RunId,
  owner: string,
  attempt: number,
): Promise<{ stopRequested: boolean; steered: boolean } | null> {
  const row = await transaction
    .selectFrom('runs')
    .select(['stop_requested_at', runIsSteered.as('steered')])
    .where('id', '=', id)
    .where('owner', '=', owner)
    .where('attempt', '=', attempt)
    .where(runIsRunning)
    .forUpdate()
    .executeTakeFirst()
  return row ? { stopRequested: row.stop_requested_at !== null, steered: row.steered } : null
}

/** Those of these attempts that are over, because their run has a newer one, or has ended. */
export async function findFenced(
  db: Db,
  runs: readonly { id: RunId; attempt: number }[],
): Promise<{ id: RunId; attempt: number }[]> {
  const { rows } = await sql<{ id: RunId; attempt: number }>`
    select wanted.id, wanted.attempt from unnest(
      ${runs.map((run) => run.id)}::uuid[], ${runs.map((run) => run.attempt)}::integer[]
    ) as wanted (id, attempt)
    left join runs on runs.id = wanted.id and runs.attempt = wanted.attempt and runs.status = 'running'
    where runs.id is null`.execute(db)
  return rows
}

/** Releases all runs of a node, so that another one may take them over at once. */
export async function releaseRuns(db: Db, owner: string): Promise<void> {
  await db
    .updateTable('runs')
    .set({ owner: null })
    .where('owner', '=', owner)
    .where(runIsRunning)
    .execute()
}

/**
 * Releases one run of a node. A later attempt of the same node keeps it: this may be carried out late, when that one
 * goes on already.
 */
export async function releaseRun(
  db: Db,
  { id, attempt }: Pick<Run, 'id' | 'attempt'>,
  owner: string,
): Promise<void> {
  await db
    .updateTable('runs')
    .set({ owner: null })
    .where('id', '=', id)
    .where('owner', '=', owner)
    .where('attempt', '=', attempt)
    .where(runIsRunning)
    .execute()
}
