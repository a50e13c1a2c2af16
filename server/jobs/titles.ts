import type { Db } from '../../db/engine/database.ts'
import {
  findSessionText,
  setModelTitle,
  wantsTitle,
} from '../../db/queries/sessions/session-texts.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { Attempt, JobRunner } from './runner.ts'
import { transcript } from './transcript.ts'
import { TITLE_INSTRUCTIONS, toTitle } from './wording.ts'
import { WritingError } from './write-text.ts'
import { TEMPERATURE, changeSession, conversationTo, writeAbout } from './writing.ts'
import type { WritingDeps } from './writing.ts'

/** The beginning of a conversation suffices for a title. UTF-16 units. */
const MAX_TRANSCRIPT_LENGTH = 6_000

/**
 * Lets the model write a title once, to replace the one by rule. A title set by a person stays. The title by rule stays
 * too when the model writes none, and with the demo model.
 */
export class TitleWriter implements TitleWriter {
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

  async write({ sessionId, signal, isLast }: Attempt): Promise<void> {
    const { database, defaultModel, maxTokens } = this.#deps
    const session = await findSessionText(database.db, sessionId)
    if (session?.titleSource !== 'rule' || session.activeLeaf === null) {
      return
    }
    const messages = await conversationTo(this.#deps, sessionId, session.activeLeaf)
    const step = {
      model: session.model ?? defaultModel,
      temperature: TEMPERATURE,
      maxTokens,
      systemPrompt: TITLE_INSTRUCTIONS,
      messages: [{ role: 'user' as const, text: transcript(messages, MAX_TRANSCRIPT_LENGTH) }],
    }
    try {
      const about = { sessionId, kind: 'title' as const }
      const title = toTitle(await writeAbout(this.#deps, about, step, signal))
      if (title !== null) {
        await changeSession(this.#deps, { sessionId, userId: session.userId }, (transaction) =>
          setModelTitle(transaction, sessionId, title),
        )
      }
    } catch (error) {
      if (!(error instanceof WritingError) || (error.retryable && !isLast)) {
        throw error
      }
    }
  }
}
