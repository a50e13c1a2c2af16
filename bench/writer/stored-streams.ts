import type { Db } from '../../db/engine/database.ts'
import { insertMessage } from '../../db/queries/messages/messages.ts'
import { startRun } from '../../db/queries/runs/run-owners.ts'
import { insertRun } from '../../db/queries/runs/runs.ts'
import { insertSession } from '../../db/queries/sessions/sessions.ts'
import { MessageId, SessionId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { newId } from '../../shared/contract/new-id.ts'
import { Stream } from './streams.ts'

/**
 * Creates answers that can be written to, each with its session and a running run.
 * @param most the most tokens that will be sent to each
 * @param owner the node that drives the runs
 */
export async function createStreams(
  db: Db,
  userId: UserId,
  count: number,
  most: number,
  owner: string = newId(),
): Promise<Stream[]> {
  const streams: Stream[] = []
  for (let made = 0; made < count; made += 1) {
    const id = SessionId.parse(newId())
    const now = new Date().toISOString()
    const rest = { title: null, model: null, systemPrompt: null, now }
    await insertSession(db, { id, userId, ...rest })
    const stream = new Stream(id, most)
    await insertRunningRun(db, userId, stream, owner, now)
    streams.push(stream)
  }
  return streams
}

/** The writer refuses text for a run that has ended or does not exist. */
async function insertRunningRun(
  db: Db,
  userId: UserId,
  { sessionId, hold }: Stream,
  owner: string,
  createdAt: string,
): Promise<void> {
  const questionId = MessageId.parse(newId())
  const run = {
    id: hold.runId,
    sessionId,
    userId,
    questionId,
    parentChosen: false,
    model: 'none',
    createdAt,
  }
  await insertMessage(db, {
    id: questionId,
    sessionId,
    userId,
    parentId: null,
    role: 'user',
    parts: [],
    partsSeq: 0,
    status: 'completed',
    runId: hold.runId,
    model: null,
    createdAt,
  })
  await insertRun(db, { ...run, keyId: null, messageId: MessageId.parse(newId()) }, false)
  await startRun(db, hold.runId, { owner, now: createdAt, offered: [] })
}
