import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'
import { storeMany } from '../log/events.ts'
import type { EventsWith } from '../log/events.ts'
import { hasSiblings, searchText } from '../messages/messages.ts'
import type { NewMessage } from '../messages/messages.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { NewRun } from './runs.ts'

export type FirstDrive = {
  question: NewMessage
  answer: NewMessage
  run: NewRun
  owner: string
  /** The names of the tools that are available. */
  offered: readonly string[]
  /** The session's new title, if it gets one with this question. */
  title: string | null
}

/**
 * Stores a question with its run and the message of its answer, which this node drives at once, in a single statement:
 * the usual case. The caller has locked the session.
 *
 * @returns false when nothing was stored because a run is going, the question's id is taken or was taken back, or the
 *   question would have siblings
 */
export async function insertFirstDrive(transaction: Db, drive: FirstDrive): Promise<boolean> {
  const { question, answer, run, owner, offered, title } = drive
  const { rows } = await sql`
    with free as (
      select where not exists (
          select from runs where session_id = ${run.sessionId} and status in ('running', 'waiting'))
        and not exists (select from messages where id = ${question.id})
        and not exists (select from runs where message_id = ${question.id})
        and not exists (select from withdrawn_messages where id = ${question.id})
        and not ${hasSiblings(question)}
    ), asked as (
      insert into messages
        (id, session_id, user_id, parent_id, role, parts, parts_seq, text, status, run_id, model, created_at)
      select wanted.* from free, (values (${valuesOf(question)}), (${valuesOf(answer)})) as wanted
    ), driven as (
      insert into runs (id, session_id, user_id, question_id, message_id, status, owner, attempt, model, parent_chosen,
        key_id, created_at, started_at, offered)
      select ${run.id}::uuid, ${run.sessionId}::uuid, ${run.userId}::uuid, ${run.questionId}::uuid,
        ${run.messageId}::uuid, 'running', ${owner}::uuid, 1, ${run.model}, ${run.parentChosen},
        ${run.keyId}::uuid, ${run.createdAt}::timestamptz, ${run.createdAt}::timestamptz, ${JSON.stringify(offered)}::json
      from free
    )
    update sessions set active_leaf = ${answer.id}, updated_at = ${run.createdAt},
      title = coalesce(${title}, title), title_source = case when ${title}::text is null then title_source else 'rule' end
    from free where sessions.id = ${run.sessionId}
    returning sessions.id`.execute(transaction)
  return rows.length > 0
}

/** The state of a session on which the decision to start at once was based. */
export type BelievedSession = { activeLeaf: MessageId | null; model: string | null }

/** Null when the session is not this user's, is closed, or has no title yet: an answer does not start at once then. */
export async function findBelieved(
  db: Db,
  userId: UserId,
  id: SessionId,
): Promise<BelievedSession | null> {
  const row = await db
    .selectFrom('sessions')
    .select(['active_leaf as activeLeaf', 'model'])
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('status', '<>', 'closed')
    .where('title', 'is not', null)
    .executeTakeFirst()
  return row ?? null
}

/** A first drive in a session as it is believed to be, with its events. */
export type BelievedDrive = { drive: FirstDrive; believed: BelievedSession; events: EventsWith }

/**
 * Stores first drives in many sessions, each outside of a transaction of its own.
 *
 * @returns for each false when nothing of it was stored: also when the session is not open, has no title, is in use, is
 *   not as believed, or somebody else has added to its log
 * @throws when one of them collides with what somebody else is adding; nothing was stored then
 */
export function insertFirstDrives(db: Db, drives: readonly BelievedDrive[]): Promise<boolean[]> {
  return storeMany(
    db,
    'begin_answers',
    drives.map(({ drive: { question, answer, run, owner, offered }, believed, events }) => ({
      events,
      fields: {
        session_id: run.sessionId,
        user_id: run.userId,
        leaf: believed.activeLeaf,
        session_model: believed.model,
        question_id: question.id,
        question_parts: JSON.stringify(question.parts),
        question_text: searchText(question.parts).toWellFormed(),
        question_seq: question.partsSeq,
        answer_id: answer.id,
        run_id: run.id,
        model: run.model,
        key_id: run.keyId,
        owner,
        begun_at: run.createdAt,
        offered: JSON.stringify(offered),
      },
    })),
  )
}

function valuesOf(message: NewMessage) {
  return sql`${message.id}::uuid, ${message.sessionId}::uuid, ${message.userId}::uuid, ${message.parentId}::uuid,
    ${message.role}, ${JSON.stringify(message.parts)}::json, ${message.partsSeq}::bigint, ${searchText(message.parts)},
    ${message.status}, ${message.runId}::uuid, ${message.model}::text, ${message.createdAt}::timestamptz`
}
