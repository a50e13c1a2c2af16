import { findCall, findExpiredCalls, updateCall } from '../../../db/queries/messages/tool-calls.ts'
import type { NewCall } from '../../../db/queries/messages/call-rows.ts'
import { updateMessage } from '../../../db/queries/messages/messages.ts'
import { wakeRun } from '../../../db/queries/runs/run-owners.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import { transact } from '../../log/transaction.ts'
import { idsOfCall } from '../../log-ids.ts'
import { isWithClient } from '../../../shared/session/waiting-call.ts'
import type { RunDeps } from '../deps.ts'
import type { SetAside } from './set-aside.ts'

/**
 * Ends the calls whose client gave no output before their deadline. The model gets that as the result, and the run goes
 * on. Every node looks for such calls in its sweep.
 *
 * @returns the runs that this node drives now
 */
export async function endLateCalls(
  deps: RunDeps,
  limit: number,
  failed: SetAside<CallId>,
): Promise<Run[]> {
  const woken: Run[] = []
  for (const late of await findExpiredCalls(deps.database.db, limit, failed.ids())) {
    // A failure must not lose the runs that were woken before it.
    const run = await endLate(late, deps).catch((error: unknown) => {
      failed.add(late.call.id)
      deps.onError(error, 'a call could not be ended at its deadline', idsOfCall(late))
      return null
    })
    if (run) woken.push(run)
  }
  return woken
}

function endLate(late: NewCall, { log, node }: Pick<RunDeps, 'log' | 'node'>): Promise<Run | null> {
  return transact(
    log,
    late,
    async (transaction) => {
      const { db } = transaction
      if (!(await transaction.lock())) return null
      const stored = await findCall(db, late.userId, late.call.id)
      // The client's output came first, or another node ended the call.
      if (!stored || !isWithClient(stored.call)) return null
      const call = { ...stored.call, status: 'failed' as const, error: LATE }
      await updateCall(db, { call })
      transaction.addCall({ ...stored, call })
      const run = await wakeRun(db, stored.runId, node.id)
      if (!run) return null
      await updateMessage(db, stored.messageId, { status: 'running' })
      await transaction.addMessage(stored.messageId)
      return run
    },
    'answer',
  )
}

const LATE = 'The client gave no output before the deadline of this call.'
