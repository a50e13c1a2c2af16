import type { Db } from '../../../db/engine/database.ts'
import { readFiles } from '../../../db/queries/files/files.ts'
import { messagesOfContent, sessionsOfContent } from '../../../db/queries/files/readings.ts'
import { toStoredPart, updateMessage } from '../../../db/queries/messages/messages.ts'
import { findCall, updateCall } from '../../../db/queries/messages/tool-calls.ts'
import { isBeingImported } from '../../../db/queries/transfer/atomic-import.ts'
import { isActive } from '../../../shared/contract/active.ts'
import type { File } from '../../../shared/contract/file.ts'
import type { FileId, MessageId } from '../../../shared/contract/ids.ts'
import type { Message, Part } from '../../../shared/contract/message.ts'
import { transact } from '../../log/transaction.ts'
import type { SessionTransaction } from '../../log/transaction.ts'
import type { LogWriter } from '../../log/writing/writer.ts'
import { filesOfPart } from '../../../shared/session/files-of-part.ts'

/**
 * Updates the messages with a file of these contents, after its text was read. Messages that are up to date stay as
 * they are.
 */
export async function tellSessions(
  { db, log }: { db: Db; log: LogWriter },
  sha256: string,
  signal: AbortSignal,
): Promise<void> {
  for (const of of await sessionsOfContent(db, sha256)) {
    signal.throwIfAborted()
    const isThere = await transact(log, of, async (transaction) => {
      if (!(await transaction.lock())) return false
      for (const id of await messagesOfContent(transaction.db, of.sessionId, sha256)) {
        await tellMessage(transaction, id)
      }
      return true
    })
    if (!isThere && (await isBeingImported(db, of.sessionId))) {
      throw new Error('a session with a file that was read is still being imported')
    }
  }
}

async function tellMessage(transaction: SessionTransaction, id: MessageId): Promise<void> {
  const { db, log, userId } = transaction
  const message = await transaction.readMessage(id)
  const old = message.parts.flatMap(filesOfPart).filter(isWaiting)
  if (old.length === 0) return
  const found = await readFiles(
    db,
    userId,
    old.map((file) => file.id),
  )
  const now = new Map([...found].map(([fileId, { file }]) => [fileId, file]))
  if (old.every((file) => isWaiting(now.get(file.id) ?? file))) return
  await tellCalls(transaction, message, now)
  if (!message.parts.some((part) => part.type === 'file' && isWaiting(part.file))) return
  const parts = message.parts.map((part): Part =>
    part.type === 'file' ? { type: 'file', file: now.get(part.file.id) ?? part.file } : part,
  )
  await updateMessage(db, id, { parts: { stored: parts.map(toStoredPart), seq: log.nextSeq } })
  await transaction.addMessage(id)
}

/** Readers get the state of a call as part of the run that writes its answer, or later as a change of the message. */
async function tellCalls(
  transaction: SessionTransaction,
  message: Message,
  now: ReadonlyMap<FileId, File>,
): Promise<void> {
  const { db, userId } = transaction
  let isTold = false
  for (const part of message.parts) {
    if (part.type !== 'tool' || !part.call.files?.some(isWaiting)) continue
    const stored = await findCall(db, userId, part.call.id)
    if (!stored) continue
    const files = stored.call.files?.map((file) => now.get(file.id) ?? file) ?? []
    const { call } = await updateCall(db, { call: { ...stored.call, files } })
    const runId = message.runId ?? stored.runId
    if (isActive(message)) transaction.addCall({ ...stored, call, runId })
    else isTold = true
  }
  if (isTold) await transaction.addMessage(message.id)
}

function isWaiting({ status }: File): boolean {
  return status === 'processing'
}
