import type { Db } from '../../db/engine/database.ts'
import type { RunId, SessionId, UserId } from '../../shared/contract/ids.ts'

/** Summaries of closed sessions, written in the background. */
export type Summaries = {
  /** Requests a summary in the caller's transaction; `jobId` identifies the job. */
  request(transaction: Db, sessionId: SessionId, jobId: string): Promise<void>
  /** Cancels the request in the caller's transaction; a summary that is already being written is discarded. */
  cancel(transaction: Db, jobId: string): Promise<void>
}

/** Titles written by the model in the background. */
export type Titles = {
  /** Called in the transaction that completes an answer; the first answer of a session requests a title. */
  answered(transaction: Db, run: { id: RunId; sessionId: SessionId; userId: UserId }): Promise<void>
}
