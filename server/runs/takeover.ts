import { toStoredPart, updateMessage } from '../../db/queries/messages/messages.ts'
import { claimOrphan } from '../../db/queries/runs/run-owners.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { stepsOfRuns } from '../../db/queries/messages/steps.ts'
import type { RunId } from '../../shared/contract/ids.ts'
import { transact } from '../log/transaction.ts'
import type { RunDeps } from './deps.ts'

/**
 * Claims a run that nobody drives and tells its readers, in one transaction: from then on its former node can write
 * nothing. The parts of finished steps are kept; what the cut step had said is said again.
 *
 * @param dropped runs of this node itself that it does not drive any more
 * @returns null when somebody else was quicker
 */
export function takeOver(
  orphan: Run,
  dropped: readonly RunId[],
  { log, node }: RunDeps,
): Promise<Run | null> {
  return transact(
    log,
    orphan,
    async (transaction) => {
      const { db } = transaction
      const run = await claimOrphan(db, orphan.id, node.id, dropped)
      if (!run) {
        return null
      }
      const { id: runId, messageId, attempt } = run
      const steps = (await stepsOfRuns(db, [runId])).get(runId) ?? []
      const keepParts = steps.at(-1)?.partsEnd ?? run.baseParts ?? 0
      const message = await transaction.readMessage(messageId)
      const kept = { ...message, parts: message.parts.slice(0, keepParts) }
      const seq = transaction.log.add(
        { type: 'start', runId, messageId, message: kept, attempt, keepParts },
        runId,
      )
      await updateMessage(db, messageId, {
        parts: { stored: kept.parts.map(toStoredPart), seq },
      })
      return run
    },
    'answer',
  )
}
