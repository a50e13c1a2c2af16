import { callsOfRuns, findCall } from '../../../db/queries/messages/tool-calls.ts'
import type { InputOf } from '../../../shared/contract/api/declare.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import type { MessageId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import { callId as writtenCallId } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import { DoorError } from './errors.ts'
import type { Answered } from './posted/response-input.ts'
import { waitsForOthers } from '../../../shared/session/waiting-call.ts'

/** A stored message, and the run that answers it. */
export type Sent = { messageId: MessageId; runId: RunId }

/**
 * Records the outputs of the calls that a run waits for: of all of them, or of none.
 *
 * @param join adds a message to the run first, so that the model reads it with the outputs
 * @returns the run that goes on
 */
export async function answerCalls(
  { call, services, userId }: Pick<DoorRequest, 'call' | 'services' | 'userId'>,
  answered: readonly Answered[],
  join?: (sessionId: SessionId) => Promise<Sent>,
): Promise<{ runId: RunId; joined: Sent | null }> {
  const { db } = services.database
  const found = await Promise.all(answered.map(({ callId }) => findCall(db, userId, callId)))
  const runIds = new Set(found.map((stored) => stored?.runId ?? null))
  const [runId] = runIds
  if (!runId || runIds.size > 1) {
    throw new DoorError('The outputs must be of calls of one response that is stored here.', {
      param: 'input',
    })
  }
  // Only calls of the same step: later calls of the run are answered by a later request.
  const steps = new Set(found.map((stored) => stored?.step))
  const calls = (await callsOfRuns(db, [runId])).get(runId) ?? []
  const left = calls.find(
    ({ step, call: asked }) =>
      steps.has(step) &&
      waitsForOthers(asked) &&
      !answered.some(({ callId }) => callId === asked.id),
  )
  if (left) {
    const id = writtenCallId(left.call.id)
    throw new DoorError(`No tool output found for function call ${id}.`, { param: 'input' })
  }
  const take = () => call(tools.answerAll, { answers: answered.map(toAnswer) })
  const sessionId = found[0]?.sessionId
  if (!join || !sessionId) {
    await take()
    return { runId, joined: null }
  }
  if (!found.some((stored) => stored && waitsForOthers(stored.call))) {
    // A repetition of the same outputs is accepted, and a message with it is another question.
    await take()
    return { runId, joined: await join(sessionId) }
  }
  const joined = await join(sessionId)
  try {
    await take()
  } catch (error) {
    // The message came with outputs that were refused, so it is removed too.
    await call(messages.unqueue, { id: joined.messageId }).catch(() => undefined)
    throw error
  }
  return { runId, joined }
}

function toAnswer(answered: Answered): InputOf<typeof tools.answerAll>['answers'][number] {
  const { callId } = answered
  if (answered.type === 'output') return { callId, output: answered.output }
  const { approve, reason } = answered
  return { callId, decision: approve ? 'approve' : 'deny', ...(reason && { reason }) }
}
