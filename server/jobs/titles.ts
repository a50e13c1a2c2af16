import type { Db } from '../../db/engine/database.ts'
import { setModelTitle, wantsTitle } from '../../db/queries/sessions/session-texts.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { Attempt, JobRunner } from './runner.ts'
import { TITLE_INSTRUCTIONS, toTitle } from './wording.ts'
import { writeSessionText } from './session-text.ts'
import type { SessionTextKind, WritingDeps } from './session-text.ts'

/**
 * Lets the model write a title once, to replace the one by rule. A title set by a person stays. The title by rule stays
 * too when the model writes none, and with the demo model.
 */
export class TitleWriter {
  readonly #deps: WritingDeps
  readonly #jobs: JobRunner
  readonly #newId: () => string

  constructor(deps: WritingDeps, jobs: JobRunner, newId: () => string) {
    this.#deps = deps
    this.#jobs = jobs
    this.#newId = newId
  }

  /** Called in the transaction that completes an answer; the first answer of a session requests a title. */
  async answered(transaction: Db, { sessionId }: { sessionId: SessionId }): Promise<void> {
    if (this.#deps.model.kind !== 'demo' && (await wantsTitle(transaction, sessionId))) {
      await this.#jobs.send(transaction, 'title', this.#newId(), sessionId)
    }
  }

  async write(attempt: Attempt): Promise<void> {
    await writeSessionText(this.#deps, TITLE, attempt)
  }
}

const TITLE: SessionTextKind = {
  kind: 'title',
  instructions: TITLE_INSTRUCTIONS,
  // The beginning of a conversation suffices for a title.
  maxTranscriptLength: 6_000,
  isWanted: ({ titleSource }) => titleSource === 'rule',
  read: toTitle,
  // The session has a title by rule since its first message.
  byRule: () => null,
  store: (db, title, _leaf, { sessionId }) => setModelTitle(db, sessionId, title),
}
