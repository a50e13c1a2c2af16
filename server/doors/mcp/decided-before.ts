import { findCall } from '../../../db/queries/messages/tool-calls.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import type { DoorRequest } from '../request.ts'

/**
 * The call, if the same decision about it was made before, because an agent that lost the answer repeats it; else null.
 */
export async function decidedBefore(
  { services, userId }: Pick<DoorRequest, 'services' | 'userId'>,
  callId: CallId,
  decision: 'approve' | 'deny',
): Promise<Pick<ToolCall, 'status'> | null> {
  const stored = await findCall(services.database.db, userId, callId)
  if (!stored || stored.approvalHash === null || stored.call.status === 'awaiting-approval') {
    return null
  }
  return (stored.call.status === 'denied') === (decision === 'deny') ? stored.call : null
}
