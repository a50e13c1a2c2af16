import type { Database } from '../../db/engine/database.ts'
import { readBranchIds, readFullMessages, readOutline } from '../../db/queries/transfer/exports.ts'
import type { FullMessage } from '../../db/queries/transfer/exports.ts'
import { MessageId, SessionId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import { toFinalMessage } from '../../shared/session/final-message.ts'
import { SharedParts } from './shared-parts.ts'
import type { SharedFile } from './shared-parts.ts'

/** Messages of a snapshot, and their JSON in UTF-16 units, at the most: it is shown at once. */
const MAX_MESSAGES = 5_000
const MAX_LENGTH = 16_000_000

/**
 * The active branch for everybody with the link: messages, reasoning and calls as the session shows them, without costs
 * and payers, system prompts, or ids that mean anything elsewhere.
 *
 * @param ownId replaces the session's id
 * @returns null when this user has no such session; `too-long` when it is too much to share
 */
export async function takeShare(
  database: Database,
  {
    userId,
    sessionId,
    ownId,
    newId,
  }: {
    userId: UserId
    sessionId: SessionId
    ownId: string
    newId: () => string
  },
): Promise<{ title: string | null; messages: Message[]; files: SharedFile[] } | 'too-long' | null> {
  const outline = await readOutline(database, userId, sessionId)
  if (!outline) {
    return null
  }
  const { session, activeLeaf } = outline
  const ids = activeLeaf ? await readBranchIds(database, sessionId, activeLeaf) : []
  if (ids.length > MAX_MESSAGES) {
    return 'too-long'
  }
  const messages: Message[] = []
  const parts = new SharedParts(newId)
  let length = 0
  for await (const page of readFullMessages(database, sessionId, ids)) {
    for (const full of page) {
      const resting = toFinalMessage(session, full.message, toEvents(full))
      const parentId = messages.at(-1)?.id ?? null
      const shared = anonymous(resting, parts, {
        parentId,
        sessionId: SessionId.parse(ownId),
        newId,
      })
      length += JSON.stringify(shared).length
      if (length > MAX_LENGTH) {
        return 'too-long'
      }
      messages.push(shared)
    }
  }
  return { title: session.title, messages, files: parts.files }
}

function anonymous(
  message: Message,
  parts: SharedParts,
  { newId, ...place }: Pick<Message, 'parentId' | 'sessionId'> & { newId: () => string },
): Message {
  return {
    ...place,
    id: MessageId.parse(newId()),
    role: message.role,
    parts: parts.of(message.parts),
    createdAt: message.createdAt,
    runId: null,
    status: message.status,
    siblings: { index: 0, count: 1, previous: null, next: null },
    model: message.model,
    usage: null,
    error: message.error,
    ...(message.finish && { finish: message.finish }),
  }
}

function toEvents({ chunks }: FullMessage) {
  // The server wrote this data itself, so it is not validated again.
  return chunks.map(({ seq, data }) => ({ seq, event: JSON.parse(data) }))
}
