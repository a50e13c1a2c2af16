import { MessageId } from '../../../shared/contract/ids.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
import { firstStart } from '../../runs/start.ts'
import type { AtOnceContext, Done } from '../command.ts'
import { newRun } from '../transaction.ts'
import type { Question } from './insert-question.ts'

export type Sent = { messageId: MessageId; runId: RunId }

/** True for a question at the end of the active branch of which everything but its text is as usual. */
export function isPlain({ parentId, model, options, keepChunks, files = [] }: Question): boolean {
  return (
    parentId === undefined &&
    model === undefined &&
    !options &&
    keepChunks === undefined &&
    files.length === 0
  )
}

/**
 * Stores a plain question in a session in which no run is going, and starts its answer, without a transaction. It is based
 * on what this node knows of the session, which is checked where it is stored.
 */
export async function sendAtOnce(
  { db, sessionId, requester, deps, log }: AtOnceContext,
  question: Question,
): Promise<Done<Sent> | null> {
  const { user, login } = requester
  // Whether another answer of a person may start is decided under a lock of their limits.
  if (!isPlain(question) || deps.limits) {
    return null
  }
  const believed = await deps.known.find(db, user.id, sessionId)
  if (!believed) {
    return null
  }
  const { activeLeaf, model } = believed
  const questionId = question.id ?? MessageId.parse(deps.newId())
  const parts = [{ type: 'text' as const, text: question.text }]
  const run = newRun(
    { questionId, parentChosen: false },
    { sessionId, userId: user.id, login },
    model,
    deps,
  )
  const done = await log.appendAtOnce(sessionId, (appender) => {
    const asked = { parentId: activeLeaf, parts }
    const start = firstStart(run, asked, appender.nextSeq, null, {
      node: deps.node,
      tools: deps.tools,
    })
    for (const { event, runId } of start.events) {
      appender.add(event, runId)
    }
    const known = { drive: start.drive, believed }
    return { value: start.run, store: (events) => deps.batches.begin({ ...known, events }) }
  })
  if (!done) {
    return null
  }
  deps.known.note(sessionId, { userId: user.id, believed: { activeLeaf: run.messageId, model } })
  return {
    result: { messageId: questionId, runId: run.id },
    effects: [{ type: 'drive', run: done.value }],
  }
}
