import { TRPCError } from '@trpc/server'
import type { z } from 'zod'
import type { Db } from '../../db/database.ts'
import { insertSessionTree } from '../../db/imports.ts'
import {
  ExportFile,
  type ExportedMessage,
  type ExportedSession,
} from '../../shared/contract/export.ts'
import { MessageId, SessionId, type UserId } from '../../shared/contract/ids.ts'
import { ChatGptFile } from './chatgpt-file.ts'
import { fromChatGpt } from './chatgpt.ts'
import { type ImportPath, invalidImport, namePlace } from './import-error.ts'
import { checkTree, parentsFirst } from './import-tree.ts'

/**
 * The sessions that a file holds, checked, ready to be inserted.
 *
 * @param data our file or ChatGPT's `conversations.json`, parsed or as its text
 * @throws BAD_REQUEST that names the place of what is wrong
 */
export function readImport(data: unknown, now: string): ExportedSession[] {
  const parsed = typeof data === 'string' ? parse(data) : data
  if (Array.isArray(parsed)) {
    return check(ChatGptFile, parsed).map((conversation, index) =>
      fromChatGpt(conversation, [index], now),
    )
  }
  if (typeof parsed !== 'object' || parsed === null || !('format' in parsed)) {
    throw invalidImport([], 'is neither an export of Throughline nor ChatGPT’s conversations.json')
  }
  const { sessions } = check(ExportFile, parsed)
  for (const [index, session] of sessions.entries()) {
    checkTree(session, ['sessions', index])
  }
  return sessions
}

/**
 * Inserts the sessions with new ids for everything, so that nothing that is there is touched.
 *
 * @param transaction of the caller, for all or nothing
 */
export async function insertSessions(
  transaction: Db,
  sessions: readonly ExportedSession[],
  { userId, newId, now }: { userId: UserId; newId: () => string; now: string },
): Promise<SessionId[]> {
  const ids: SessionId[] = []
  for (const file of sessions) {
    const id = SessionId.parse(newId())
    const messageIds = newMessageIds(file.messages, newId)
    const session = { ...file, messages: parentsFirst(file.messages) }
    await insertSessionTree(transaction, { userId, id, session, messageIds, newId, now })
    ids.push(id)
  }
  return ids
}

/** Siblings of the same millisecond stand in the order of their ids: the new ones keep the file's order. */
function newMessageIds(
  messages: readonly ExportedMessage[],
  newId: () => string,
): Map<string, MessageId> {
  const ids = messages.map(() => MessageId.parse(newId())).toSorted()
  return new Map(
    messages.flatMap((message, index) => {
      const id = ids[index]
      return id ? [[message.id, id]] : []
    }),
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalidImport([], `is no JSON: ${cause instanceof Error ? cause.message : 'unreadable'}`)
  }
}

/** Problems that are named at a time. */
const SHOWN = 5

function check<T>(schema: z.ZodType<T>, data: unknown): T {
  const { success, data: value, error } = schema.safeParse(data)
  if (success) {
    return value
  }
  const { issues } = error
  const lines = issues
    .slice(0, SHOWN)
    .map(({ path, message }) => `${namePlace(path as ImportPath)}: ${message}`)
  if (issues.length > SHOWN) {
    lines.push(`and ${issues.length - SHOWN} more`)
  }
  throw new TRPCError({ code: 'BAD_REQUEST', message: lines.join('\n') })
}
