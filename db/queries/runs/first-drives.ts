import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'
import { hasSiblings, searchText } from '../messages/messages.ts'
import type { NewMessage } from '../messages/messages.ts'
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

function valuesOf(message: NewMessage) {
  return sql`${message.id}::uuid, ${message.sessionId}::uuid, ${message.userId}::uuid, ${message.parentId}::uuid,
    ${message.role}, ${JSON.stringify(message.parts)}::json, ${message.partsSeq}::bigint, ${searchText(message.parts)},
    ${message.status}, ${message.runId}::uuid, ${message.model}::text, ${message.createdAt}::timestamptz`
}
