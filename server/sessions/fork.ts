import type { Database, Db } from '../../db/engine/database.ts'
import { linkFilesOfSessions } from '../../db/queries/files/copied-files.ts'
import { findMessage } from '../../db/queries/messages/messages.ts'
import { findSession, updateSession } from '../../db/queries/sessions/sessions.ts'
import { importAtomically } from '../../db/queries/transfer/atomic-import.ts'
import { readBranchIds, readFullMessages, readOutline } from '../../db/queries/transfer/exports.ts'
import { insertSessionTree } from '../../db/queries/transfer/imports.ts'
import type { ExportedMessage } from '../../shared/contract/export.ts'
import type { MessageId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Session } from '../../shared/contract/session.ts'
import { notFound } from '../api-error.ts'
import { toExportedMessage } from './export/export-json.ts'
import { newMessageIds } from './import/import.ts'

/**
 * Copies a session's branch up to a message into a session of its own, like an export and an import: a running answer
 * with its text so far. The session's model, system prompt, project, tags and switched-off tools are copied too.
 *
 * @returns null when this user has no such message, or it is queued and so on no branch
 * @throws NOT_FOUND when the session is deleted meanwhile, because its files may be deleted
 */
export async function forkSession(
  database: Database,
  {
    userId,
    messageId,
    id,
    newId,
    now,
    admit,
  }: {
    userId: UserId
    messageId: MessageId
    id: SessionId
    newId: () => string
    now: string
    /** May refuse it, in the transaction that gives it to the person. */
    admit(transaction: Db): Promise<void>
  },
): Promise<Session | null> {
  const found = await findMessage(database.db, userId, messageId)
  if (!found || found.message.status === 'queued') {
    return null
  }
  const outline = await readOutline(database, userId, found.message.sessionId)
  if (!outline) {
    return null
  }
  const { session, titleSource } = outline
  const ids = await readBranchIds(database, session.id, messageId)
  const messages: ExportedMessage[] = []
  for await (const page of readFullMessages(database, session.id, ids)) {
    messages.push(...page.map((full) => toExportedMessage(session, full)))
  }
  const { title, model, systemPrompt, tags } = session
  const copy = {
    ...{ id, title, titleSource, model, systemPrompt, tags, messages },
    ...{ summary: null, status: 'active' as const, pinned: false, archived: false },
    ...{ activeLeaf: messageId, createdAt: now, updatedAt: now, endedAt: null, durationMs: null },
  }
  const source = await findSession(database.db, userId, session.id)
  const insert = async (db: Db, owner: UserId) => {
    await insertSessionTree(db, {
      ...{ userId, owner, id, newId, now },
      session: copy,
      messageIds: newMessageIds(messages, newId),
    })
    await updateSession(db, id, {
      projectId: source?.projectId ?? null,
      toolsOff: source?.toolsOff ?? null,
    })
    await linkFilesOfSessions(db, userId, [id], now)
    // A deletion of the session from here on sees that the copy has its files.
    if (!(await findSession(db, userId, session.id))) {
      throw notFound('session')
    }
    return findSession(db, owner, id)
  }
  return importAtomically(database, userId, newId, insert, admit)
}
