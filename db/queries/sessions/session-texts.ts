import { sql } from 'kysely'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { SessionTable } from '../../schema.ts'

/** The state of a session from which a title or a summary is written. */
export type SessionText = {
  userId: UserId
  isSuspended: boolean
  titleSource: SessionTable['title_source']
  summary: string | null
  /** The job that may write the summary. */
  summaryJob: string | null
  model: string | null
  activeLeaf: MessageId | null
}

/** Null when the session does not exist any more. */
export async function findSessionText(db: Db, id: SessionId): Promise<SessionText | null> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(({ eb }) => [
      'user_id as userId',
      eb('account_status', '=', 'suspended').$castTo<boolean>().as('isSuspended'),
      'title_source as titleSource',
      'summary',
      'summary_job as summaryJob',
      'model',
      'active_leaf as activeLeaf',
    ])
    .where('sessions.id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/** Returns true when the session has its first complete answer, and a title that was derived by rule. */
export async function wantsTitle(db: Db, id: SessionId): Promise<boolean> {
  const { rows } = await sql`
    select from sessions where id = ${id} and title_source = 'rule' and (
      select count(*) from (
        select from runs where session_id = ${id} and status = 'completed' limit 2
      ) as completed) = 1`.execute(db)
  return rows.length > 0
}

/** Sets a title from the model, unless a person has set one meanwhile; returns true when it was set. */
export async function setModelTitle(
  transaction: Db,
  id: SessionId,
  title: string,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('sessions')
    .set({ title, title_source: 'model' })
    .where('id', '=', id)
    .where('title_source', '=', 'rule')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Records the one job that may write the session's summary. */
export async function setSummaryJob(transaction: Db, id: SessionId, job: string): Promise<void> {
  await transaction.updateTable('sessions').set({ summary_job: job }).where('id', '=', id).execute()
}

/**
 * Stores the summary of a job if it is still the one that may write it; returns true when it was stored.
 * @param text.leaf the newest message that the summary covers
 */
export async function setSummary(
  transaction: Db,
  id: SessionId,
  text: { job: string; summary: string; leaf: MessageId },
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('sessions')
    .set({ summary: text.summary, summarised_leaf: text.leaf, summary_job: null })
    .where('id', '=', id)
    .where('summary_job', '=', text.job)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * Removes a title that was made of a question, once nothing is said in the session any more: the next question makes it
 * one.
 */
export async function dropTitleOfNothing(transaction: Db, id: SessionId): Promise<void> {
  await sql`
    update sessions set title = null, title_source = null
    where id = ${id} and title_source = 'rule'
      and not exists (select from messages where session_id = ${id})`.execute(transaction)
}
