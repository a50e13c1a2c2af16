import type { Database, Db } from '../../db/engine/database.ts'
import { insertBackgroundUsage } from '../../db/queries/usage/background-usage.ts'
import type { BackgroundUsage } from '../../db/queries/usage/background-usage.ts'
import { readBranch } from '../../db/queries/messages/branches.ts'
import type { MessageId, SessionId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import { transact } from '../log/transaction.ts'
import type { SessionOfUser } from '../log/transaction.ts'
import type { ModelStep } from '../model/port.ts'
import type { ModelCatalog } from '../model/catalog/catalog.ts'
import { writeText } from './write-text.ts'
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
export const TEMPERATURE = 0.3

const MAX_MESSAGES = 400
const MAX_LENGTH = 400_000

/** The conversation up to a message. */
export async function conversationTo(
  { database }: Pick<WritingDeps, 'database'>,
  sessionId: SessionId,
  leaf: MessageId,
): Promise<Message[]> {
  const page = {
    sessionId,
    leaf,
    limit: MAX_MESSAGES,
    maxLength: MAX_LENGTH,
    withSiblings: false,
  }
  const { messages } = await readBranch(database.db, page)
  return messages.map(({ message }) => message)
}

/** Lets the model write a text about a session, and records the usage for its owner. Throws as `writeText` does. */
export async function writeAbout(
  deps: WritingDeps,
  about: Pick<BackgroundUsage, 'sessionId' | 'kind'>,
  step: Omit<ModelStep, 'tools'>,
  signal: AbortSignal,
): Promise<string> {
  const { database, catalog, now, newId } = deps
  return writeText(deps, step, {
    signal,
    onUsage: async (used, model) =>
      insertBackgroundUsage(database.db, {
        ...about,
        id: newId(),
        model,
        usage: { ...used, costUsd: await catalog.cost(step.model, used) },
        createdAt: now(),
      }),
  })
}

/** Changes the session and appends the change to its log, if the change is still wanted. */
export async function changeSession(
  { log }: Pick<WritingDeps, 'log'>,
  of: SessionOfUser,
  change: (db: Db) => Promise<boolean>,
): Promise<void> {
  await transact(log, of, async (transaction) => {
    if (await change(transaction.db)) {
      await transaction.addSession()
    }
  })
}
