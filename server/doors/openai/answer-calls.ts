import { callsOfRuns, findCall } from '../../../db/queries/messages/tool-calls.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import type { InputOf } from '../../../shared/contract/api/declare.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { callId as writtenCallId } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import { DoorError } from './errors.ts'
import type { Answered } from './response-input.ts'

/**
 * Says what came of the calls that a run waits for: of all of them, or of none.
 *
 * @returns the run that goes on
 */
export async function answerCalls(
  { call, services, userId }: Pick<DoorRequest, 'call' | 'services' | 'userId'>,
  answered: readonly Answered[],
): Promise<RunId> {
  const { db } = services.database
  const found = await Promise.all(answered.map(({ callId }) => findCall(db, userId, callId)))
  const runIds = new Set(found.map((stored) => stored?.runId ?? null))
  const [runId] = runIds
  if (!runId || runIds.size > 1) {
    throw new DoorError('The outputs must be of calls of one response that is stored here.', {
      param: 'input',
    })
  }
  // Of the same step: what the run has asked for since is answered by a later request.
  const steps = new Set(found.map((stored) => stored?.step))
  const calls = (await callsOfRuns(db, [runId])).get(runId) ?? []
  const left = calls.find(
    ({ step, call: asked }) =>
      steps.has(step) && waits(asked) && !answered.some(({ callId }) => callId === asked.id),
  )
  if (left) {
    const id = writtenCallId(left.call.id)
    throw new DoorError(`No tool output found for function call ${id}.`, { param: 'input' })
  }
  await call(tools.answerAll, { answers: answered.map(toAnswer) })
  return runId
}

function waits({ source, status }: ToolCall): boolean {
  return status === 'awaiting-approval' || (source === 'client' && status === 'running')
}

function toAnswer(answered: Answered): InputOf<typeof tools.answerAll>['answers'][number] {
  const { callId } = answered
  if (answered.type === 'output') return { callId, output: answered.output }
  const { approve, reason } = answered
  return { callId, decision: approve ? 'approve' : 'deny', ...(reason && { reason }) }
}
