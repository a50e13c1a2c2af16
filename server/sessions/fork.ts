import type { Database } from '../../db/engine/database.ts'
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

/** Messages that are read at a time. */
const PAGE = 50

/**
 * Copies a session's branch up to a message into a session of its own, as an export and an import would: an answer that
 * is being written comes with what it has. The session's model, instructions, project and tools
 * that are off come along.
 *
 * @returns null when there is no such message of this user, or it waits and so is on no branch
 * @throws NOT_FOUND when the session is deleted meanwhile: its files may be gone
 */
export async function forkSession(
  database: Database,
  {
    userId,
    messageId,
    id,
    newId,
    now,
  }: { userId: UserId; messageId: MessageId; id: SessionId; newId: () => string; now: string },
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
  for (let index = 0; index < ids.length; index += PAGE) {
    const page = await readFullMessages(database, session.id, ids.slice(index, index + PAGE))
    messages.push(...page.map((full) => toExportedMessage(session, full)))
  }
  const { title, model, systemPrompt } = session
  const copy = {
    ...{ id, title, titleSource, model, systemPrompt, messages },
    ...{ summary: null, status: 'active' as const, pinned: false, archived: false },
    ...{ activeLeaf: messageId, createdAt: now, updatedAt: now, endedAt: null, durationMs: null },
  }
  const source = await findSession(database.db, userId, session.id)
  return importAtomically(database, userId, newId, async (db, owner) => {
    await insertSessionTree(db, {
      ...{ userId, owner, id, newId, now },
      session: copy,
      messageIds: newMessageIds(messages, newId),
    })
    await updateSession(db, id, {
      projectId: source?.projectId ?? null,
      toolsOff: source?.toolsOff ?? null,
    })
    await linkFilesOfSessions(db, userId, [id])
    // Whoever deletes it from here on sees that the copy has its files.
    if (!(await findSession(db, userId, session.id))) {
      throw notFound('session')
    }
    return findSession(db, owner, id)
  })
}
