import { findCall, updateCall } from '../../../db/queries/messages/tool-calls.ts'
import type { NewCall } from '../../../db/queries/messages/call-rows.ts'
import { findRun } from '../../../db/queries/runs/runs.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import type { CallId, SessionId } from '../../../shared/contract/ids.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { askedFirst } from '../../runs/calls.ts'
import { recordCallState } from '../../runs/recording/call-state.ts'
import { typedCall } from '../../typed-calls.ts'
import { admitChange } from './admit-answer.ts'
import { inSession } from '../command.ts'
import type { Effect } from '../command.ts'
import type { CommandTransaction } from '../transaction.ts'

/** Records a person's decision about a call that waits for approval, once. */
export const decideCall = inSession(tools.decide, {
  session: sessionOfCall,
  urgency: 'answer',
  run: async (transaction, { callId, decision, reason }) => {
    const { db, userId, tools: known } = transaction
    const stored = await findCall(db, userId, callId)
    if (stored?.call.status !== 'awaiting-approval') {
      throw new CommandError('CONFLICT', 'This call does not wait for a decision, or not any more.')
    }
    const { call, effects } = await recordDecision(transaction, stored, decision, reason)
    const woken = stored.owner
      ? []
      : await transaction.wake({ id: stored.runId, messageId: stored.messageId })
    return { result: typedCall(call, known), effects: [...effects, ...woken] }
  },
})

/** Records a decision about a call that waits for one, and wakes no run. */
export async function recordDecision(
  transaction: CommandTransaction,
  stored: NewCall,
  decision: 'approve' | 'deny',
  reason: string | undefined,
): Promise<{ call: ToolCall; effects: Effect[] }> {
  const { db } = transaction
  await refuseStopped(transaction, stored)
  await transaction.audit({
    action: decision === 'approve' ? 'tool.approved' : 'tool.denied',
    targetId: stored.call.id,
    detail: { tool: stored.call.name },
  })
  const because = reason ? ` Reason: ${reason}` : ''
  if (stored.owner) {
    const again = decidedAgain(transaction, stored, decision, because)
    await updateCall(db, again)
    await recordCallState(transaction, again)
    const effects: Effect[] = decision === 'approve' ? [{ type: 'retry', call: again }] : []
    return { call: again.call, effects }
  }
  const error = `A person denied this call; it was not carried out.${because}`
  const call: ToolCall =
    decision === 'approve'
      ? { ...stored.call, status: 'pending' }
      : { ...stored.call, status: 'denied', error }
  await updateCall(db, { call })
  transaction.addCall({ ...stored, call })
  return { call, effects: [] }
}

/**
 * Refuses an answer to a call whose run is being stopped: the end of the run settles the call, so that the answer would
 * be lost. A call that is tried again apart from its run has an owner, and goes on.
 *
 * @throws CONFLICT
 */
export async function refuseStopped(
  { db }: CommandTransaction,
  { runId, owner }: Pick<NewCall, 'runId' | 'owner'>,
): Promise<void> {
  const run = owner ? null : await findRun(db, runId)
  if (run?.stopRequestedAt) {
    throw new CommandError('CONFLICT', 'This call waits no more: its answer was stopped.')
  }
}

/**
 * The decision about a call that a person wants tried again apart from its run. If it is denied, the outcome of the
 * first try stays unknown.
 */
function decidedAgain(
  transaction: CommandTransaction,
  stored: NewCall,
  decision: 'approve' | 'deny',
  because: string,
): NewCall {
  const { error: _, ...call } = stored.call
  if (decision === 'approve') {
    const startedAt = transaction.now()
    return { ...stored, owner: transaction.nodeId, call: { ...call, status: 'running', startedAt } }
  }
  const error = `A person did not let this call be tried again. Whether it happened before is not known.${because}`
  return { ...stored, owner: null, call: { ...call, status: 'unknown', error } }
}

/** The session of a call. */
export async function sessionOfCall(
  db: CommandTransaction['db'],
  { id: userId }: CommandTransaction['user'],
  { callId }: { callId: CallId },
): Promise<SessionId> {
  const stored = await findCall(db, userId, callId)
  if (!stored) {
    throw notFound('call')
  }
  return stored.sessionId
}

/**
 * Records what a person found out about a call whose outcome is unknown, or that it is tried again. A new try needs a
 * new approval where the tool asks for approvals, because an approval is for one start.
 */
export const resolveCall = inSession(tools.resolve, {
  session: sessionOfCall,
  admit: admitChange,
  run: async (transaction, { callId, outcome, note }) => {
    const { db, userId, tools: known } = transaction
    const stored = await findCall(db, userId, callId)
    if (stored?.call.status !== 'unknown') {
      throw new CommandError('CONFLICT', 'The outcome of this call is known.')
    }
    const isRetry = outcome === 'retry'
    const fresh = { ...stored, approvalHash: null, owner: isRetry ? transaction.nodeId : null }
    const asked = isRetry ? askedFirst(fresh, known.of(userId)) : null
    const call = resolved(stored.call, outcome, note, transaction.now())
    const changed = { ...fresh, call, ...asked }
    await updateCall(db, changed)
    await recordCallState(transaction, changed)
    return {
      result: typedCall(changed.call, known),
      effects: changed.call.status === 'running' ? [{ type: 'retry', call: changed }] : [],
    }
  },
})

function resolved(
  { error: _, ...call }: ToolCall,
  outcome: 'happened' | 'did-not-happen' | 'retry',
  note: string | undefined,
  now: string,
): ToolCall {
  const said = note ? ` ${note}` : ''
  switch (outcome) {
    case 'happened':
      return {
        ...call,
        status: 'completed',
        error: `A person found out that this call happened.${said}`,
      }
    case 'did-not-happen':
      return {
        ...call,
        status: 'failed',
        error: `A person found out that this call did not happen.${said}`,
      }
    case 'retry':
      return { ...call, status: 'running', startedAt: now }
  }
}
