import type { Db } from '../../db/engine/database.ts'
import { setSummary, setSummaryJob } from '../../db/queries/sessions/session-texts.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { Attempt, JobRunner } from './runner.ts'
import { SUMMARY_INSTRUCTIONS, summaryByRule, toSummary } from './wording.ts'
import { writeSessionText } from './session-text.ts'
import type { SessionTextKind, WritingDeps } from './session-text.ts'

/**
 * Writes the summary of a closed session. The session stores the id of the one job that may write it. Reopening the
 * session clears that id, so the result of a job that was cancelled too late is discarded.
 */
export class SummaryWriter {
  readonly #deps: WritingDeps
  readonly #jobs: JobRunner

  constructor(deps: WritingDeps, jobs: JobRunner) {
    this.#deps = deps
    this.#jobs = jobs
  }

  /** Requests a summary in the caller's transaction; `jobId` identifies the job. */
  async request(transaction: Db, sessionId: SessionId, jobId: string): Promise<void> {
    await setSummaryJob(transaction, sessionId, jobId)
    await this.#jobs.send(transaction, 'summary', jobId, sessionId)
  }

  /** Cancels the request in the caller's transaction; a summary that is already being written is discarded. */
  async cancel(transaction: Db, jobId: string): Promise<void> {
    await this.#jobs.cancel(transaction, 'summary', jobId)
  }

  async write(attempt: Attempt): Promise<void> {
    await writeSessionText(this.#deps, SUMMARY, attempt)
  }
}

const SUMMARY: SessionTextKind = {
  kind: 'summary',
  instructions: SUMMARY_INSTRUCTIONS,
  // Some 6,000 tokens, which small models can read.
  maxTranscriptLength: 24_000,
  isWanted: ({ summaryJob }, { id }) => summaryJob === id,
  // The transcript leaves out the middle of a long conversation; the previous summary still covers it.
  preface: ({ summary }, text) =>
    summary !== null && text.includes('[…]') ? `Summary so far: ${summary}\n\n` : '',
  read: toSummary,
  byRule: summaryByRule,
  store: (db, summary, leaf, { sessionId, id: job }) =>
    setSummary(db, sessionId, { job, summary, leaf }),
}
