import type { Db } from '../../engine/database.ts'
import { storeMany } from '../log/events.ts'
import type { EventsWith } from '../log/events.ts'
import { searchText } from '../messages/messages.ts'
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

/**
 * Stores a first drive in a transaction that has locked the session and adds the events itself.
 *
 * @returns false when nothing was stored because a run is going, the question's id is taken or was taken back, or the
 *   question would have siblings
 */
export async function insertFirstDrive(
  transaction: Db,
  drive: FirstDrive,
  believed: BelievedSession,
): Promise<boolean> {
  const events = { rows: [], payload: null }
  const [isStored] = await insertFirstDrives(transaction, [{ drive, believed, events }])
  return isStored === true
}

/** A first drive in a session as it is believed to be, with its events. */
export type BelievedDrive = { drive: FirstDrive; believed: BelievedSession; events: EventsWith }

/**
 * Stores first drives in many sessions, each outside of a transaction of its own.
 *
 * @returns for each false when nothing of it was stored: also when the session is not open, has and gets no title, is in use, is
 *   not as believed, or somebody else has added to its log
 * @throws when one of them collides with what somebody else is adding; nothing was stored then
 */
export function insertFirstDrives(db: Db, drives: readonly BelievedDrive[]): Promise<boolean[]> {
  return storeMany(
    db,
    'begin_answers',
    drives.map(({ drive: { question, answer, run, owner, offered, title }, believed, events }) => ({
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
        title: title?.toWellFormed() ?? null,
      },
    })),
  )
}
