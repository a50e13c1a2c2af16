import { sql } from 'kysely'
import type { MessageId, RunId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { RunStatus } from '../../schema-runs.ts'

/** A run as other protocols read it, with the input of its request if it was asked for there. */
export type DoorRun = {
  runId: RunId
  sessionId: SessionId
  questionId: MessageId
  messageId: MessageId
  status: RunStatus
  model: string
  createdAt: string
  /** All events of the run have a greater `seq` than this. */
  after: number
  request: Record<string, unknown> | null
  input: unknown[] | null
  deletedAt: string | null
}

/** Null when there is no such run of this user. */
export async function findDoorRun(
  db: Db,
  userId: UserId,
  runId: RunId,
  segment: number,
): Promise<DoorRun | null> {
  const row = await db
    .selectFrom('runs')
    .innerJoin('messages as question', 'question.id', 'runs.question_id')
    .leftJoin('responses', (join) =>
      join.onRef('responses.run_id', '=', 'runs.id').on('responses.segment', '=', segment),
    )
    .select([
      'runs.id as runId',
      'runs.session_id as sessionId',
      'runs.question_id as questionId',
      'runs.message_id as messageId',
      'runs.status as status',
      'runs.model as model',
      'runs.created_at as createdAt',
      'question.parts_seq as partsSeq',
      'responses.request as request',
      'responses.input as input',
      'responses.deleted_at as deletedAt',
    ])
    .where('runs.id', '=', runId)
    .where('runs.user_id', '=', userId)
    .executeTakeFirst()
  if (!row) {
    return null
  }
  const { partsSeq, ...run } = row
  return { ...run, after: Math.max(0, partsSeq - 1) }
}

export type NewResponse = {
  runId: RunId
  segment: number
  request: Record<string, unknown>
  /** Null when the message has all of it. */
  input: readonly unknown[] | null
  createdAt: string
}

/** Stores a response. If it exists, the first input stays. The caller has checked that the run is the user's. */
export async function insertResponse(db: Db, response: NewResponse): Promise<void> {
  await db
    .insertInto('responses')
    .values({
      run_id: response.runId,
      segment: response.segment,
      request: JSON.stringify(response.request),
      input: JSON.stringify(response.input),
      created_at: response.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['run_id', 'segment']).doNothing())
    .execute()
}

/** Deletes the input, and keeps that the response was deleted. The caller has checked that the run is the user's. */
export async function deleteResponse(
  db: Db,
  runId: RunId,
  segment: number,
  now: string,
): Promise<void> {
  await db
    .insertInto('responses')
    .values({
      ...{ run_id: runId, segment, request: '{}', input: '[]' },
      ...{ created_at: now, deleted_at: now },
    })
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'segment'])
        .doUpdateSet({ request: '{}', input: '[]', deleted_at: now }),
    )
    .execute()
}

/** From now on the log keeps the chunks of an answer unmerged, except those of runs that ended before. */
export async function keepChunks(db: Db, messageId: MessageId): Promise<void> {
  await db
    .updateTable('runs')
    .set({ keeps_chunks: true })
    .where('message_id', '=', messageId)
    .where('ended_at', 'is', null)
    .where('keeps_chunks', '=', false)
    .execute()
}

/** The time after its end during which an answer with `store: false` can be read token by token. Seconds. */
const FORGOTTEN_AFTER = 60

/**
 * Lets the chunks of answers with `store: false` be merged, and deletes their inputs. Responses that were deleted stay
 * so.
 */
export async function forgetResponses(db: Db): Promise<void> {
  await sql`
    with forgotten as (
      update runs set keeps_chunks = false
      where forgets_chunks and keeps_chunks and ended_at < now() - make_interval(secs => ${FORGOTTEN_AFTER})
      returning id)
    delete from responses where run_id in (select id from forgotten) and deleted_at is null`.execute(
    db,
  )
}

/** True while chunks of an answer will be merged soon, because a run has ended, so that their numbers will change. */
export async function isUnsettled(db: Db, messageId: MessageId): Promise<boolean> {
  const row = await db
    .selectFrom('runs')
    .select('id')
    .where('message_id', '=', messageId)
    .where('ended_at', 'is not', null)
    .where('compacted_at', 'is', null)
    .where('keeps_chunks', '=', false)
    .executeTakeFirst()
  return row !== undefined
}
