import { sql } from 'kysely'
import type { MessageId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { Db } from './database.ts'
import type { SessionTable } from './schema.ts'

/** What writing a title or a summary starts from. */
export type SessionText = {
  userId: UserId
  titleSource: SessionTable['title_source']
  summary: string | null
  /** The job that may write the summary. */
  summaryJob: string | null
  model: string | null
  activeLeaf: MessageId | null
}

/** Null when there is no such session any more. */
export async function findSessionText(db: Db, id: SessionId): Promise<SessionText | null> {
  const row = await db
    .selectFrom('sessions')
    .select([
      'user_id as userId',
      'title_source as titleSource',
      'summary',
      'summary_job as summaryJob',
      'model',
      'active_leaf as activeLeaf',
    ])
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/** Whether the session has its first complete answer, and a title that nobody has thought about. */
export async function wantsTitle(db: Db, id: SessionId): Promise<boolean> {
  const { rows } = await sql`
    select from sessions where id = ${id} and title_source = 'rule' and (
      select count(*) from (
        select from runs where session_id = ${id} and status = 'completed' limit 2
      ) as completed) = 1`.execute(db)
  return rows.length > 0
}

/** Gives the session a title of the model's, unless it has one of a person's by now, and says whether it did. */
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

/** Names the one job that may write the session's summary. */
export async function setSummaryJob(transaction: Db, id: SessionId, job: string): Promise<void> {
  await transaction.updateTable('sessions').set({ summary_job: job }).where('id', '=', id).execute()
}

/**
 * Keeps the summary that a job wrote, if it is still the one that may, and says whether it is.
 *
 * @param text.leaf the newest message that the summary knows
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
