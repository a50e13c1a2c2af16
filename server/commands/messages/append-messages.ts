import { addFilesToMessage } from '../../../db/queries/files/files.ts'
import { findMessage } from '../../../db/queries/messages/messages.ts'
import { findNextQueued } from '../../../db/queries/runs/runs.ts'
import { updateSession } from '../../../db/queries/sessions/sessions.ts'
import { insertMessageTree } from '../../../db/queries/transfer/imports.ts'
import { messages as declared } from '../../../shared/contract/api/messages.ts'
import type { ExportedMessage } from '../../../shared/contract/export.ts'
import type { MessageId } from '../../../shared/contract/ids.ts'
import { CommandError } from '../../api-error.ts'
import { ThreadRefusal } from '../../concurrency/threads.ts'
import { newMessageIds } from '../../sessions/import/import.ts'
import { checkTree } from '../../sessions/import/import-tree.ts'
import { inSession } from '../command.ts'
import { requireFiles } from './files-of-message.ts'
import type { CommandTransaction } from '../transaction.ts'

/** Adds messages from elsewhere to a conversation in which no answer is running. */
export const appendMessages = inSession(declared.append, {
  session: (_db, _user, { sessionId }) => sessionId,
  admit: ({ limits, requester }, { messages }) =>
    limits.admitSessions(requester, 0, JSON.stringify(messages).length),
  check: async ({ messages }) => requireChain(messages),
  run: async (transaction, { messages }) => {
    const { db, log, session, sessionId, userId } = transaction
    const active = await transaction.open()
    // An answer that waits to go on has no queued message, but would get what is added behind it.
    if (active || (await findNextQueued(db, sessionId))) {
      throw new CommandError(
        'CONFLICT',
        'An answer is running in this session, or a message waits. Add to it when it has ended.',
      )
    }
    const { activeLeaf: leaf, model } = session
    await requireQuestion(transaction, messages[0], leaf)
    const messageIds = newMessageIds(messages, () => transaction.newId())
    await insertMessageTree(db, {
      ...{ userId, id: sessionId, messages, model, messageIds, now: transaction.now() },
      newId: () => transaction.newId(),
      behind: { leaf, seq: log.nextSeq },
    })
    for (const message of messages) {
      const messageId = messageIds.get(message.id)
      // What was said elsewhere may have a file twice in a message; a message is linked to it once.
      const all = message.parts.flatMap((part) => (part.type === 'file' ? part.file.id : []))
      const files = [...new Set(all)]
      if (messageId && files.length > 0) {
        await requireFiles(transaction, files)
        await addFilesToMessage(db, { messageId, sessionId }, files)
      }
    }
    const ids = messages.flatMap(({ id }) => messageIds.get(id) ?? [])
    await updateSession(db, sessionId, {
      activeLeaf: ids.at(-1) ?? leaf,
      updatedAt: transaction.now(),
    })
    await transaction.addBranch()
    return { result: { messageIds: ids }, effects: [] }
  },
})

/** @throws BAD_REQUEST where they are no conversation */
function requireChain(messages: ExportedMessage[]): void {
  const stray = messages.findIndex(
    ({ parentId }, index) => parentId !== (messages[index - 1]?.id ?? null),
  )
  if (stray >= 0) {
    throw new CommandError(
      'BAD_REQUEST',
      `messages[${stray}].parentId: must be the message before it`,
    )
  }
  const [first, ...rest] = messages
  if (!first) return
  const { createdAt } = first
  const question = { id: BEHIND, parentId: null, role: 'user' as const, createdAt, parts: [] }
  const whole = [{ ...first, parentId: BEHIND }, ...rest, question]
  try {
    checkTree({ messages: whole, activeLeaf: null }, [])
  } catch (error) {
    if (!(error instanceof ThreadRefusal)) throw error
    throw new CommandError('BAD_REQUEST', error.message)
  }
}

/** Stands for what the first one follows; no message can have such an id. */
const BEHIND = ' '.repeat(101)

/** @throws BAD_REQUEST where an answer with calls would stand behind no message of the user */
async function requireQuestion(
  { db, userId }: CommandTransaction,
  first: ExportedMessage | undefined,
  leaf: MessageId | null,
): Promise<void> {
  if (first?.role !== 'assistant' || !first.run) return
  const before = leaf && (await findMessage(db, userId, leaf))
  if (before?.message.role === 'user') return
  throw new CommandError('BAD_REQUEST', 'Calls must follow on a message of the user.')
}
