import type { Db } from '../../db/database.ts'
import type { RunId, SessionId, UserId } from '../../shared/contract/ids.ts'

/** Summaries of closed sessions, written in the background. */
export type Summaries = {
  /** Asks for one with the caller's transaction; `jobId` names the job. */
  request(transaction: Db, sessionId: SessionId, jobId: string): Promise<void>
  /** Takes the request back with the caller's transaction; what is being written already is not kept. */
  cancel(transaction: Db, jobId: string): Promise<void>
}

/** Titles that the model gives, in the background. */
export type Titles = {
  /** Says, in the transaction that ended it, that an answer is complete: the first one asks for a title. */
  answered(transaction: Db, run: { id: RunId; sessionId: SessionId; userId: UserId }): Promise<void>
}
