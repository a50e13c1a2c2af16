import { isDeepStrictEqual } from 'node:util'
import { findCall, updateCall } from '../../../db/queries/messages/tool-calls.ts'
import type { NewCall } from '../../../db/queries/messages/call-rows.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { isWithClient } from '../../../shared/session/waiting-call.ts'
import { typedCall } from '../../typed-calls.ts'
import { inSession } from '../command.ts'
import { refuseStopped, sessionOfCall } from './settle-call.ts'
import type { CommandTransaction } from '../transaction.ts'

/** Records the output of a call that the client carried out, once, and wakes the run that waits for it. */
export const answerCall = inSession(tools.answer, {
  session: sessionOfCall,
  urgency: 'answer',
  run: async (transaction, { callId, output, error }) => {
    const { db, userId, tools: known } = transaction
    const stored = await findCall(db, userId, callId)
    if (!stored) {
      throw notFound('call')
    }
    const call = await recordOutput(transaction, stored, output, error)
    const effects =
      call === stored.call
        ? []
        : await transaction.wake({ id: stored.runId, messageId: stored.messageId })
    return { result: typedCall(call, known), effects }
  },
})

/**
 * Records the output of a call, and wakes no run.
 *
 * @returns the call itself, if exactly this output was recorded before
 * @throws CONFLICT when the call does not wait for an output, or its run is being stopped
 */
export async function recordOutput(
  transaction: CommandTransaction,
  stored: NewCall,
  output: unknown,
  error: string | undefined,
): Promise<ToolCall> {
  if (stored.call.source !== 'client') {
    throw new CommandError('BAD_REQUEST', 'The server carries this call out itself.')
  }
  if (!isWithClient(stored.call)) {
    if (saysTheSame(stored.call, output, error)) return stored.call
    throw new CommandError(
      'CONFLICT',
      'This call does not wait for an output, or has another one already.',
    )
  }
  await refuseStopped(transaction, stored)
  const startedAt = stored.call.startedAt ?? transaction.now()
  const durationMs = Math.max(0, Date.parse(transaction.now()) - Date.parse(startedAt))
  const call: ToolCall =
    error === undefined
      ? { ...stored.call, status: 'completed', output, durationMs }
      : { ...stored.call, status: 'failed', error, durationMs }
  await updateCall(transaction.db, { call })
  transaction.addCall({ ...stored, call })
  return call
}

function saysTheSame(call: ToolCall, output: unknown, error: string | undefined): boolean {
  return error === undefined
    ? call.status === 'completed' && isDeepStrictEqual(call.output, output)
    : call.status === 'failed' && call.error === error
}
