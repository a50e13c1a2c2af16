import type { Database, Db } from '../../db/database.ts'
import { type BackgroundUsage, insertBackgroundUsage } from '../../db/background-usage.ts'
import { readBranch } from '../../db/branches.ts'
import type { MessageId, SessionId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { LogWriter } from '../log/port.ts'
import { type SessionOfUser, transact } from '../log/transaction.ts'
import type { ModelCatalog, ModelStep } from '../model/port.ts'
import { type Writer, writeText } from './write-text.ts'

/** What writing about a session needs of the rest of the server. */
export type WritingDeps = Writer & {
  database: Database
  log: LogWriter
  catalog: Pick<ModelCatalog, 'cost'>
  /** ISO 8601. */
  now(): string
  newId(): string
  /** Of sessions that set none of their own. */
  defaultModel: string
  maxTokens: number
}

/** So that what is written about one conversation twice is much the same. */
export const TEMPERATURE = 0.3

const MAX_MESSAGES = 400
const MAX_LENGTH = 400_000

/** The conversation that ends with a message. */
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

/** What the model writes about a session, counted for its owner; throws as `writeText` does. */
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

/** Changes the session and tells its readers, if the change is still wanted. */
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
