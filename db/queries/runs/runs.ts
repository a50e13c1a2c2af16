import { sql } from 'kysely'
import type { KeyId, MessageId, RunId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { RunOptions } from '../../../shared/contract/run-options.ts'
import type { Db } from '../../engine/database.ts'
import type { RunStatus } from '../../schema-runs.ts'
import type { StoredGeneration } from '../../stored-values.ts'

export type Run = {
  id: RunId
  sessionId: SessionId
  userId: UserId
  /** The API key with which a program asked for the run; null when a person did. */
  keyId: KeyId | null
  questionId: MessageId
  messageId: MessageId
  status: RunStatus
  owner: string | null
  attempt: number
  model: string
  stopRequestedAt: string | null
  /** True when the question's parent was chosen explicitly; otherwise it follows the message before it. */
  parentChosen: boolean
  /** The names of the tools that the model was last offered; null before the run starts. */
  offered: string[] | null
  /** The options of this run only. */
  options: RunOptions | null
  /** The run whose answer the question joins, if that run has a further step. */
  steers: RunId | null
  /** For a run that continues an answer: the number of parts that the answer had; else null. */
  baseParts: number | null
  /** The answer that the provider writes in the background. */
  generation: StoredGeneration | null
}

/** The columns of a `Run`. */
export const runColumns = [
  'runs.id as id',
  'runs.session_id as sessionId',
  'runs.user_id as userId',
  'runs.key_id as keyId',
  'runs.question_id as questionId',
  'runs.message_id as messageId',
  'runs.status as status',
  'runs.owner as owner',
  'runs.attempt as attempt',
  'runs.model as model',
  'runs.stop_requested_at as stopRequestedAt',
  'runs.parent_chosen as parentChosen',
  'runs.offered as offered',
  'runs.options as options',
  'runs.steers as steers',
  'runs.base_parts as baseParts',
  'runs.generation as generation',
] as const

/**
 * A run that has started and has not ended. It is a literal, like the predicate of the partial indexes on `runs`: with
 * a parameter, a generic plan could not use them, and would read all runs.
 */
export const runIsActive = sql<boolean>`runs.status in ('running', 'waiting')`
export const runIsRunning = sql<boolean>`runs.status = 'running'`
export const runIsQueued = sql<boolean>`runs.status = 'queued'`
export const runIsWaiting = sql<boolean>`runs.status in ('running', 'waiting') and runs.status = 'waiting'`

/** A call with an open question to its person. */
export const callIsAsking = sql<boolean>`tool_calls.asked_seq is not null and tool_calls.status = 'running'`

export type NewRun = Omit<
  Run,
  | 'status'
  | 'owner'
  | 'attempt'
  | 'stopRequestedAt'
  | 'offered'
  | 'options'
  | 'steers'
  | 'baseParts'
  | 'generation'
> & {
  createdAt: string
  options?: RunOptions | null
  steers?: RunId | null
  baseParts?: number | null
  /** True when the log keeps the run's chunks unmerged. */
  keepsChunks?: boolean
  forgetsChunks?: boolean
}

/** @param first true puts the run at the head of the queue, behind those that steer the same run */
export async function insertRun(transaction: Db, run: NewRun, first: boolean): Promise<Run> {
  const steers = run.steers ?? null
  if (steers) {
    await transaction
      .updateTable('runs')
      .set({ place: sql<number>`place - 1` })
      .where('session_id', '=', run.sessionId)
      .where(runIsQueued)
      .where('steers', '=', steers)
      .execute()
  }
  return transaction
    .insertInto('runs')
    .values({
      id: run.id,
      session_id: run.sessionId,
      user_id: run.userId,
      key_id: run.keyId,
      question_id: run.questionId,
      message_id: run.messageId,
      status: 'queued',
      attempt: 0,
      model: run.model,
      parent_chosen: run.parentChosen,
      options: run.options ? JSON.stringify(run.options) : null,
      keeps_chunks: run.keepsChunks ?? false,
      forgets_chunks: run.forgetsChunks ?? false,
      steers,
      base_parts: run.baseParts ?? null,
      created_at: run.createdAt,
      ...(first && {
        place: sql<number>`(
          select coalesce(min(place), 0) - 1 from runs where session_id = ${run.sessionId} and status = 'queued'
            and (${steers}::uuid is null or steers is distinct from ${steers}::uuid))`,
      }),
    })
    .returning(runColumns)
    .executeTakeFirstOrThrow()
}

export async function findRun(db: Db, id: RunId): Promise<Run | null> {
  return (
    (await db.selectFrom('runs').select(runColumns).where('id', '=', id).executeTakeFirst()) ?? null
  )
}

/** The first run of a user message: the one that `send` returned. */
export async function findRunOfQuestion(db: Db, questionId: MessageId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(runColumns)
    .where('question_id', '=', questionId)
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst()
  return row ?? null
}

/** The first run of an answer. The message of a queued run does not exist yet, unless the run continues one. */
export async function findRunOfAnswer(db: Db, messageId: MessageId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(runColumns)
    .where('message_id', '=', messageId)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** The run that writes an answer, or will; null when all have ended. */
export async function findOpenRunOfAnswer(db: Db, messageId: MessageId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(runColumns)
    .where('message_id', '=', messageId)
    .where('ended_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** The run of a session that has started and has not ended. */
export async function findActiveRun(db: Db, sessionId: SessionId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(runColumns)
    .where('session_id', '=', sessionId)
    .where(runIsActive)
    .executeTakeFirst()
  return row ?? null
}

/** The next queued run of a session; null when there is none. */
export async function findNextQueued(db: Db, sessionId: SessionId): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .select(runColumns)
    .where('session_id', '=', sessionId)
    .where('status', '=', 'queued')
    .orderBy('place')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

export async function requestStop(transaction: Db, id: RunId, now: string): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ stop_requested_at: now })
    .where('id', '=', id)
    .where('stop_requested_at', 'is', null)
    .execute()
}

/**
 * Requests the stop of runs that wait without a queued message, as a regeneration's does: each ends when it begins.
 *
 * @param id of one run of the session; all when absent
 * @returns true when there was one
 */
export async function requestStopOfWaiting(
  transaction: Db,
  sessionId: SessionId,
  now: string,
  id?: RunId,
): Promise<boolean> {
  const { rows } = await sql`
    update runs set stop_requested_at = coalesce(stop_requested_at, ${now})
    where session_id = ${sessionId} and status = 'queued' and ${id ? sql`id = ${id}` : sql`true`}
      and not exists (select from messages where messages.id = question_id and messages.status = 'queued')
    returning id`.execute(transaction)
  return rows.length > 0
}

export async function recordOffered(
  transaction: Db,
  id: RunId,
  offered: readonly string[],
): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ offered: JSON.stringify(offered) })
    .where('id', '=', id)
    .execute()
}

export async function recordGeneration(
  transaction: Db,
  id: RunId,
  generation: StoredGeneration,
): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ generation: JSON.stringify(generation) })
    .where('id', '=', id)
    .execute()
}

/** Ended runs whose chunks are still in the log, except these, oldest first. */
export async function findUncompacted(
  db: Db,
  limit: number,
  except: readonly RunId[],
): Promise<Run[]> {
  return db
    .selectFrom('runs')
    .select(runColumns)
    .where('ended_at', 'is not', null)
    .where('compacted_at', 'is', null)
    .where('keeps_chunks', '=', false)
    .$if(except.length > 0, (query) => query.where('id', 'not in', except))
    .orderBy('ended_at')
    .limit(limit)
    .execute()
}

export async function markCompacted(db: Db, id: RunId, now: string): Promise<void> {
  await db.updateTable('runs').set({ compacted_at: now }).where('id', '=', id).execute()
}
