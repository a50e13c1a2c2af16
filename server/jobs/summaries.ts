import type { Db } from '../../db/engine/database.ts'
import {
  findSessionText,
  setSummary,
  setSummaryJob,
} from '../../db/queries/sessions/session-texts.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'

import type { Attempt, JobRunner } from './runner.ts'
import { transcript } from './transcript.ts'
import { SUMMARY_INSTRUCTIONS, summaryByRule, toSummary } from './wording.ts'
import { WritingError } from './write-text.ts'
import { TEMPERATURE, changeSession, conversationTo, writeAbout } from './writing.ts'
import type { WritingDeps } from './writing.ts'

/** Some 6,000 tokens, which small models can read. UTF-16 units. */
const MAX_TRANSCRIPT_LENGTH = 24_000

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
    const { sessionId, id: job } = attempt
    const session = await findSessionText(this.#deps.database.db, sessionId)
    if (session?.summaryJob !== job || session.activeLeaf === null) {
      return
    }
    const { activeLeaf: leaf, userId, model } = session
    const messages = await conversationTo(this.#deps, sessionId, leaf)
    const summary = await this.#summarise(messages, model, session.summary, attempt)
    await changeSession(this.#deps, { sessionId, userId }, (transaction) =>
      setSummary(transaction, sessionId, { job, summary, leaf }),
    )
  }

  /** The model's summary, or a summary by rule when the model cannot write one. */
  async #summarise(
    messages: readonly Message[],
    ownModel: string | null,
    before: string | null,
    { sessionId, signal, isLast }: Attempt,
  ): Promise<string> {
    const { defaultModel, maxTokens } = this.#deps
    const text = transcript(messages, MAX_TRANSCRIPT_LENGTH)
    // The transcript leaves out the middle of a long conversation; the previous summary still covers it.
    const known = before !== null && text.includes('[…]') ? `Summary so far: ${before}\n\n` : ''
    const step = {
      model: ownModel ?? defaultModel,
      temperature: TEMPERATURE,
      maxTokens,
      systemPrompt: SUMMARY_INSTRUCTIONS,
      messages: [{ role: 'user' as const, text: known + text }],
    }
    try {
      const about = { sessionId, kind: 'summary' as const }
      return toSummary(await writeAbout(this.#deps, about, step, signal))
    } catch (error) {
      if (!(error instanceof WritingError) || (error.retryable && !isLast)) {
        throw error
      }
      return summaryByRule(messages)
    }
  }
}
