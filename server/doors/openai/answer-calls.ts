import { callsOfRuns, findCall } from '../../../db/queries/messages/tool-calls.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
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
  const calls = (await callsOfRuns(db, [runId])).get(runId) ?? []
  const left = calls.find(
    ({ call: { id, source, status } }) =>
      (status === 'awaiting-approval' || (source === 'client' && status === 'running')) &&
      !answered.some((one) => one.callId === id),
  )
  if (left) {
    const id = writtenCallId(left.call.id)
    throw new DoorError(`No tool output found for function call ${id}.`, { param: 'input' })
  }
  for (const one of answered) {
    const { callId } = one
    if (one.type === 'output') {
      await call(tools.answer, { callId, output: one.output })
      continue
    }
    const decision = one.approve ? 'approve' : 'deny'
    const status = calls.find((stored) => stored.call.id === callId)?.call.status
    // Said again it was decided before, and is told how.
    if (status === 'awaiting-approval') {
      await call(tools.decide, { callId, decision, ...(one.reason && { reason: one.reason }) })
    }
  }
  return runId
}
