import { findCall, findExpiredCalls, updateCall } from '../../db/queries/messages/tool-calls.ts'
import type { NewCall } from '../../db/queries/messages/call-rows.ts'
import { updateMessage } from '../../db/queries/messages/messages.ts'
import { wakeRun } from '../../db/queries/runs/run-owners.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { transact } from '../log/transaction.ts'
import { isWithClient } from './calls.ts'
import type { RunDeps } from './deps.ts'

/**
 * Ends the calls whose client gave no output before their deadline. The model is told, and goes on. Every node looks for
 * them in its sweep.
 *
 * @returns the runs that this node has now
 */
export async function endLateCalls(deps: RunDeps, limit: number): Promise<Run[]> {
  const woken: Run[] = []
  for (const late of await findExpiredCalls(deps.database.db, limit)) {
    const run = await endLate(late, deps)
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
      // Its client was quicker, or another node.
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
