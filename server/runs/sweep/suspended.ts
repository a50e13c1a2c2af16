import { updateMessage } from '../../../db/queries/messages/messages.ts'
import { wakeRun } from '../../../db/queries/runs/run-owners.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import { findStoppedWaiting, stopRunsOfSuspended } from '../../../db/queries/runs/suspended-runs.ts'
import type { StoppedRun } from '../../../db/queries/runs/suspended-runs.ts'
import { transact } from '../../log/transaction.ts'
import type { RunDeps } from '../deps.ts'

/**
 * Stops the runs of people who are suspended or are being deleted, as if they had stopped them. Every node does so in
 * its sweep, because the one that suspended them may end before it is done.
 *
 * @returns the runs that waited for their person and that this node drives now, to end them
 */
export async function stopSuspended(deps: RunDeps, limit: number): Promise<Run[]> {
  const { db } = deps.database
  await stopRunsOfSuspended(db, deps.now())
  const woken: Run[] = []
  for (const waiting of await findStoppedWaiting(db, limit)) {
    const run = await wake(waiting, deps)
    if (run) woken.push(run)
  }
  return woken
}

function wake(
  waiting: StoppedRun,
  { log, node }: Pick<RunDeps, 'log' | 'node'>,
): Promise<Run | null> {
  return transact(
    log,
    waiting,
    async (transaction) => {
      const run = (await transaction.lock()) && (await wakeRun(transaction.db, waiting.id, node.id))
      // The person, or another node, woke it first.
      if (!run) return null
      await updateMessage(transaction.db, run.messageId, { status: 'running' })
      await transaction.addMessage(run.messageId)
      return run
    },
    'answer',
  )
}
