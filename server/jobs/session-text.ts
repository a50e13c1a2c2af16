import type { Database, Db } from '../../db/engine/database.ts'
import { insertBackgroundUsage } from '../../db/queries/usage/background-usage.ts'
import type { BackgroundUsage } from '../../db/queries/usage/background-usage.ts'
import { findSessionText } from '../../db/queries/sessions/session-texts.ts'
import type { SessionText } from '../../db/queries/sessions/session-texts.ts'
import { readBranch } from '../../db/queries/messages/branches.ts'
import type { MessageId, SessionId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import { transact } from '../log/transaction.ts'
import type { ModelUsage } from '../model/port.ts'
import type { ModelCatalog } from '../model/catalog/catalog.ts'
import type { Attempt } from './runner.ts'
import { transcript } from './transcript.ts'
import { WritingError, writeText } from './write-text.ts'
import type { Writer } from './write-text.ts'

/** The dependencies of writing titles and summaries. */
export type WritingDeps = Writer & {
  database: Database
  log: LogWriter
  catalog: Pick<ModelCatalog, 'cost'>
  /** ISO 8601. */
  now(): string
  newId(): string
  /** The model of sessions that choose none. */
  defaultModel: string
  maxTokens: number
}

/** A low temperature, so that repeated titles and summaries of one conversation are similar. */
const TEMPERATURE = 0.3

/** The interval at which it is checked that the person is not suspended. Milliseconds. */
const LOOK_MS = 2_000

const MAX_MESSAGES = 400
const MAX_LENGTH = 400_000

/** One kind of text about a session. */
export type SessionTextKind = {
  kind: BackgroundUsage['kind']
  instructions: string
  /** UTF-16 units. */
  maxTranscriptLength: number
  /** True while the session still wants what this job would write. */
  isWanted(session: SessionText, attempt: Attempt): boolean
  /** Returns text for the model before the transcript. */
  preface?(session: SessionText, text: string): string
  /** Reads the text out of the model's answer; null when there is none. */
  read(answer: string): string | null
  /** The text when the model cannot write it; null leaves the session as it is. */
  byRule(messages: readonly Message[]): string | null
  /** Stores the text, unless the session does not want it any more; returns whether it was stored. */
  store(db: Db, text: string, leaf: MessageId, attempt: Attempt): Promise<boolean>
}

/**
 * Lets the model write a text about a session, and appends the change to its log. The text by rule takes its place when
 * the model fails for good, or at the job's last attempt.
 */
export async function writeSessionText(
  deps: WritingDeps,
  kind: SessionTextKind,
  attempt: Attempt,
): Promise<void> {
  const { database, log, defaultModel, maxTokens } = deps
  const { sessionId } = attempt
  const session = await findSessionText(database.db, sessionId)
  if (!session || session.isSuspended) {
    return
  }
  if (session.activeLeaf === null || !kind.isWanted(session, attempt)) {
    return
  }
  const { activeLeaf: leaf, userId } = session
  const messages = await conversationTo(database.db, sessionId, leaf)
  const conversation = transcript(messages, kind.maxTranscriptLength)
  const step = {
    model: session.model ?? defaultModel,
    temperature: TEMPERATURE,
    maxTokens,
    about: { session: sessionId },
    systemPrompt: kind.instructions,
    messages: [
      {
        role: 'user' as const,
        text: (kind.preface?.(session, conversation) ?? '') + conversation,
      },
    ],
  }
  const onUsage = (used: ModelUsage, model: string) =>
    recordUsage(deps, { sessionId, kind: kind.kind, model }, step.model, used)
  const payer = { userId, keyId: null }
  let text: string | null
  using suspension = watchSuspension(database.db, sessionId)
  const signal = AbortSignal.any([attempt.signal, suspension.signal])
  try {
    text = kind.read(await writeText(deps, step, { signal, payer, onUsage }))
  } catch (error) {
    if (suspension.signal.aborted) {
      return
    }
    if (!(error instanceof WritingError) || (error.retryable && !attempt.isLast)) {
      throw error
    }
    text = kind.byRule(messages)
  }
  if (text === null) {
    return
  }
  const written = text
  await transact(log, { sessionId, userId }, async (transaction) => {
    if (await kind.store(transaction.db, written, leaf, attempt)) {
      await transaction.addSession()
    }
  })
}

/** Aborts when the session's person is suspended, or it is deleted: a slow model would write, and cost, for minutes. */
function watchSuspension(db: Db, sessionId: SessionId): Disposable & { signal: AbortSignal } {
  const found = new AbortController()
  const timer = setInterval(() => {
    findSessionText(db, sessionId)
      .then((session) => {
        if (!session || session.isSuspended) found.abort()
      })
      // The next look is soon.
      .catch(() => undefined)
  }, LOOK_MS)
  return { signal: found.signal, [Symbol.dispose]: () => clearInterval(timer) }
}

async function conversationTo(db: Db, sessionId: SessionId, leaf: MessageId): Promise<Message[]> {
  const { messages } = await readBranch(db, {
    sessionId,
    leaf,
    limit: MAX_MESSAGES,
    maxLength: MAX_LENGTH,
    withSiblings: false,
  })
  return messages.map(({ message }) => message)
}

async function recordUsage(
  { database, catalog, now, newId }: WritingDeps,
  about: Pick<BackgroundUsage, 'sessionId' | 'kind' | 'model'>,
  asked: string,
  used: ModelUsage,
): Promise<void> {
  await insertBackgroundUsage(database.db, {
    ...about,
    id: newId(),
    // No request with a key has caused it.
    keyId: null,
    usage: { ...used, costUsd: await catalog.cost(asked, used) },
    createdAt: now(),
  })
}
