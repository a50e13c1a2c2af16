import { sql } from 'kysely'
import type { Finish } from '../shared/contract/events.ts'
import type { RunError } from '../shared/contract/errors.ts'
import type { MessageId, RunId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { Outcome, Usage } from '../shared/contract/message.ts'
import type { Db } from './database.ts'
import type { RunStatus } from './schema.ts'

export type Run = {
  id: RunId
  sessionId: SessionId
  userId: UserId
  questionId: MessageId
  messageId: MessageId
  status: RunStatus
  owner: string | null
  attempt: number
  model: string
  stopRequestedAt: string | null
  /** Whether the question was given its parent; else it follows what comes before it. */
  parentChosen: boolean
}

const columns = [
  'runs.id as id',
  'runs.session_id as sessionId',
  'runs.user_id as userId',
  'runs.question_id as questionId',
  'runs.message_id as messageId',
  'runs.status as status',
  'runs.owner as owner',
  'runs.attempt as attempt',
  'runs.model as model',
  'runs.stop_requested_at as stopRequestedAt',
  'runs.parent_chosen as parentChosen',
] as const

/** @param first puts the run before all that wait already */
export async function insertRun(
  transaction: Db,
  run: Omit<Run, 'status' | 'owner' | 'attempt' | 'stopRequestedAt'> & { createdAt: string },
  first: boolean,
): Promise<void> {
  await transaction
    .insertInto('runs')
    .values({
      id: run.id,
      session_id: run.sessionId,
      user_id: run.userId,
      question_id: run.questionId,
      message_id: run.messageId,
      status: 'queued',
      attempt: 0,
      model: run.model,
      parent_chosen: run.parentChosen,
      created_at: run.createdAt,
      ...(first && {
        place: sql<number>`(
          select coalesce(min(place), 0) - 1 from runs where session_id = ${run.sessionId} and status = 'queued')`,
      }),
    })
    .execute()
}

export async function findRun(db: Db, id: RunId): Promise<Run | null> {
  return (
    (await db.selectFrom('runs').select(columns).where('id', '=', id).executeTakeFirst()) ?? null
  )
}

/** The run that a user message asked for first: what `send` answered with. */
export async function findRunOfQuestion(db: Db, questionId: MessageId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(columns)
    .where('question_id', '=', questionId)
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst()
  return row ?? null
}

/** The run that writes an answer, wrote it, or is going to: its message need not be there yet. */
export async function findRunOfAnswer(db: Db, messageId: MessageId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(columns)
    .where('message_id', '=', messageId)
    .executeTakeFirst()
  return row ?? null
}

/** The run of a session that has started and not ended. */
export async function findActiveRun(db: Db, sessionId: SessionId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(columns)
    .where('session_id', '=', sessionId)
    .where('status', 'in', ['running', 'waiting'])
    .executeTakeFirst()
  return row ?? null
}

/** The run of a session that is to start next. */
export async function findNextRun(db: Db, sessionId: SessionId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(columns)
    .where('session_id', '=', sessionId)
    .where('status', '=', 'queued')
    .orderBy('place')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** Gives a queued run to the node `owner` as its first attempt. */
export async function startRun(
  transaction: Db,
  id: RunId,
  owner: string,
  now: string,
): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ status: 'running', owner, attempt: 1, started_at: now })
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .execute()
}

/**
 * The running runs that no living node drives.
 *
 * @param dropped runs of `owner` itself that it does not drive any more
 */
export async function findOrphans(
  db: Db,
  owner: string,
  dropped: readonly RunId[],
  limit: number,
): Promise<Run[]> {
  return db
    .selectFrom('runs')
    .select(columns)
    .where('runs.status', '=', 'running')
    .where(orphaned(owner, dropped))
    .orderBy('runs.created_at')
    .limit(limit)
    .execute()
}

/** Takes an orphaned run over and counts the attempt; null when somebody else was quicker. */
export async function claimOrphan(
  transaction: Db,
  id: RunId,
  owner: string,
  dropped: readonly RunId[],
): Promise<Run | null> {
  const row = await transaction
    .updateTable('runs')
    .set({ owner, attempt: sql<number>`attempt + 1` })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where(orphaned(owner, dropped))
    .returning(columns)
    .executeTakeFirst()
  return row ?? null
}

function orphaned(owner: string, dropped: readonly RunId[]) {
  return sql<boolean>`(runs.id = any(${dropped}::uuid[]) or runs.owner is distinct from ${owner}::uuid and not exists (
    select 1 from nodes where nodes.id = runs.owner and nodes.lease_until > now()))`
}

/** The runs of a node that a person has stopped, from whichever node. */
export async function findStopped(db: Db, owner: string): Promise<RunId[]> {
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('owner', '=', owner)
    .where('status', '=', 'running')
    .where('stop_requested_at', 'is not', null)
    .execute()
  return rows.map(({ id }) => id)
}

/** Lets a run wait for a person: nobody drives it. */
export async function parkRun(transaction: Db, id: RunId): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ status: 'waiting', owner: null })
    .where('id', '=', id)
    .execute()
}

/** Gives a waiting run to a node; null when it does not wait. */
export async function wakeRun(transaction: Db, id: RunId, owner: string): Promise<Run | null> {
  const row = await transaction
    .updateTable('runs')
    .set({ status: 'running', owner })
    .where('id', '=', id)
    .where('status', '=', 'waiting')
    .returning(columns)
    .executeTakeFirst()
  return row ?? null
}

/**
 * Locks the run for the attempt that says it drives it.
 *
 * @returns null when another attempt has it, or it has ended: then this one may write nothing more
 */
export async function holdRun(
  transaction: Db,
  id: RunId,
  owner: string,
  attempt: number,
): Promise<{ stopRequested: boolean } | null> {
  const row = await transaction
    .selectFrom('runs')
    .select('stop_requested_at')
    .where('id', '=', id)
    .where('owner', '=', owner)
    .where('attempt', '=', attempt)
    .where('status', '=', 'running')
    .forUpdate()
    .executeTakeFirst()
  return row ? { stopRequested: row.stop_requested_at !== null } : null
}

/** Which of these runs have an attempt newer than the one given, or have ended. */
export async function findFenced(
  db: Db,
  runs: readonly { id: RunId; attempt: number }[],
): Promise<Set<RunId>> {
  const { rows } = await sql<{ id: RunId }>`
    select wanted.id from unnest(
      ${runs.map((run) => run.id)}::uuid[], ${runs.map((run) => run.attempt)}::integer[]
    ) as wanted (id, attempt)
    left join runs on runs.id = wanted.id and runs.attempt = wanted.attempt and runs.status = 'running'
    where runs.id is null`.execute(db)
  return new Set(rows.map((row) => row.id))
}

export async function requestStop(transaction: Db, id: RunId, now: string): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ stop_requested_at: now })
    .where('id', '=', id)
    .where('stop_requested_at', 'is', null)
    .execute()
}

/** Gives up the runs of a node, or one of them: any other may take them over at once. */
export async function releaseRuns(db: Db, owner: string, id?: RunId): Promise<void> {
  let query = db
    .updateTable('runs')
    .set({ owner: null })
    .where('owner', '=', owner)
    .where('status', '=', 'running')
  if (id) {
    query = query.where('id', '=', id)
  }
  await query.execute()
}

export type RunEnding = {
  outcome: Outcome
  finish: Finish | null
  usage: Usage | null
  error: RunError | null
  now: string
}

export async function endRun(transaction: Db, id: RunId, ending: RunEnding): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({
      status: ending.outcome,
      owner: null,
      finish: ending.finish,
      usage: ending.usage && JSON.stringify(ending.usage),
      error: ending.error && JSON.stringify(ending.error),
      ended_at: ending.now,
    })
    .where('id', '=', id)
    .execute()
}

/** Ended runs whose chunks still stand in the log, oldest first. */
export async function findUncompacted(db: Db, limit: number): Promise<Run[]> {
  return db
    .selectFrom('runs')
    .select(columns)
    .where('ended_at', 'is not', null)
    .where('compacted_at', 'is', null)
    .orderBy('ended_at')
    .limit(limit)
    .execute()
}

export async function hasEnded(db: Db, id: RunId): Promise<boolean> {
  const row = await db
    .selectFrom('runs')
    .select('id')
    .where('id', '=', id)
    .where('ended_at', 'is not', null)
    .executeTakeFirst()
  return row !== undefined
}

export async function markCompacted(db: Db, id: RunId, now: string): Promise<void> {
  await db.updateTable('runs').set({ compacted_at: now }).where('id', '=', id).execute()
}
