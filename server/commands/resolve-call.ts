import { findCall, updateCall } from '../../db/tool-calls.ts'
import { tools } from '../../shared/contract/api/tools.ts'
import type { ToolCall } from '../../shared/contract/tool.ts'
import { CommandError } from '../api-error.ts'
import { askedFirst } from '../runs/calls.ts'
import { tellOfCall } from '../runs/retries.ts'
import { typedCall } from '../typed-calls.ts'
import { inSession } from './command.ts'
import { sessionOfCall } from './decide-call.ts'

/**
 * Records how a call went whose outcome was hidden, as a person found out, or that it is to be tried again. That is a
 * start like any other: where the tool asks, a person is asked about just this one, for an approval holds once.
 */
export const resolveCall = inSession(tools.resolve, {
  session: sessionOfCall,
  run: async (transaction, { callId, outcome, note }) => {
    const { db, userId, tools: known } = transaction
    const stored = await findCall(db, userId, callId)
    if (stored?.call.status !== 'unknown') {
      throw new CommandError('CONFLICT', 'The outcome of this call is known.')
    }
    const isRetry = outcome === 'retry'
    const fresh = { ...stored, approvalHash: null, owner: isRetry ? transaction.nodeId : null }
    const asked = isRetry ? askedFirst(fresh, known) : null
    const call = resolved(stored.call, outcome, note, transaction.now())
    const changed = { ...fresh, call, ...asked }
    await updateCall(db, changed)
    await tellOfCall(transaction, changed)
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
