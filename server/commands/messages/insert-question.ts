import { addFilesToMessage } from '../../../db/queries/files/files.ts'
import { findMessage, insertMessage } from '../../../db/queries/messages/messages.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import { readJoined } from '../../../db/queries/runs/steering.ts'
import { MessageId, RunId } from '../../../shared/contract/ids.ts'
import type { FileId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { RunOptions } from '../../../shared/contract/run-options.ts'
import { CommandError, notFound } from '../../api-error.ts'
import type { CommandTransaction } from '../transaction.ts'
import { requireFiles } from './files-of-message.ts'
import { partsOf } from './question-parts.ts'

export type Question = {
  id?: MessageId | undefined
  text: string
  files?: readonly FileId[] | undefined
  /** The parent of this message: the newest message of the active branch when absent, none when null. */
  parentId?: MessageId | null | undefined
  /** The behaviour while an answer runs. */
  whenBusy: 'queue' | 'interrupt' | 'reject' | 'steer'
  /** The model of this answer; the session's when absent. */
  model?: string | undefined
  options?: RunOptions | null
  keepChunks?: boolean | undefined
}

/** Stores a message of the user and its run, which is queued; neither is started or shown. */
export async function insertQuestion(
  transaction: CommandTransaction,
  { id, text, files = [], parentId, whenBusy, model, options, keepChunks }: Question,
  active: Run | null,
  mustWait: boolean,
): Promise<{ run: Run; message: Message }> {
  const { db, log, sessionId, userId, session } = transaction
  if (parentId) {
    await requireParent(transaction, parentId)
  }
  const attached = await requireFiles(transaction, files)
  const runId = RunId.parse(transaction.newId())
  // A user who has selected another branch than the running answer's continues the selected one.
  const isOnOtherBranch = active !== null && !(await isLeaf(transaction, active))
  const message = await insertMessage(db, {
    id: id ?? MessageId.parse(transaction.newId()),
    sessionId,
    userId,
    parentId:
      parentId === undefined && (isOnOtherBranch || !active)
        ? session.activeLeaf
        : (parentId ?? null),
    role: 'user',
    parts: partsOf(text, attached),
    partsSeq: log.nextSeq,
    status: active || mustWait ? 'queued' : 'completed',
    runId,
    model: null,
    createdAt: transaction.now(),
  })
  await addFilesToMessage(db, { messageId: message.id, sessionId }, files)
  const run = await transaction.queueRun(
    {
      ...{ id: runId, questionId: message.id, parentChosen: parentId !== undefined },
      ...(model !== undefined && { model }),
      options: options ?? null,
      keepsChunks: keepChunks !== undefined,
      forgetsChunks: keepChunks === false,
      ...(active && whenBusy === 'steer' && { steers: active.id }),
    },
    whenBusy === 'interrupt' || whenBusy === 'steer',
  )
  return { run, message: { ...message, ...(run.steers && { joins: run.steers }) } }
}

/** True when the active branch ends with this run's answer, and with what joined it. */
async function isLeaf({ db, session }: CommandTransaction, { messageId }: Run): Promise<boolean> {
  const { activeLeaf } = session
  return (
    activeLeaf === messageId ||
    (await readJoined(db, messageId)).some(({ id }) => id === activeLeaf)
  )
}

async function requireParent(
  { db, userId, sessionId }: CommandTransaction,
  id: MessageId,
): Promise<void> {
  const parent = await findMessage(db, userId, id)
  if (parent?.message.sessionId !== sessionId) {
    throw notFound('parent message in this session')
  }
  if (parent.message.status === 'queued') {
    throw new CommandError('CONFLICT', 'The parent message still waits for its turn.')
  }
}
