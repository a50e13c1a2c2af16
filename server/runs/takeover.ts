import { toStoredPart, updateMessage } from '../../db/queries/messages/messages.ts'
import { readChunks } from '../../db/queries/log/run-events.ts'
import { beginAnew, claimOrphan } from '../../db/queries/runs/run-owners.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { stepsOfRuns } from '../../db/queries/messages/steps.ts'
import type { RunId } from '../../shared/contract/ids.ts'
import { FoldError } from '../../shared/session/fold-error.ts'
import { addText } from '../../shared/session/fold.ts'
import { parseEvent } from '../log/reading/snapshot.ts'
import { transact } from '../log/transaction.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import type { CutAnswer } from '../model/port.ts'
import { cutAnswer } from './cut-step.ts'
import type { RunDeps } from './deps.ts'

/**
 * Claims a run that nobody drives and notifies its readers, in one transaction. From then on its former node can write
 * nothing. The parts of finished steps are kept. Those of the cut step are kept if the provider can go on with them, or
 * if the run is about to end; else the step is done anew.
 *
 * @param dropped runs of this node itself that it does not drive any more
 * @returns null when another node claimed it first, or when it was given to another person meanwhile
 */
export function takeOver(
  orphan: Run,
  dropped: readonly RunId[],
  { log, model, node }: Pick<RunDeps, 'log' | 'model' | 'node'>,
): Promise<Run | null> {
  return transact(
    log,
    orphan,
    async (transaction) => {
      const run = await claimOrphan(transaction.db, orphan, node.id, dropped)
      if (!run) {
        return null
      }
      const isStopped = run.stopRequestedAt !== null
      const keepsCut = await beginAttempt(transaction, run, (cut) => {
        return isStopped || model.goesOn?.(run.model, cut) === true
      })
      return keepsCut ? run : { ...run, generation: null }
    },
    'answer',
  )
}

/** Begins the cut step of a running run anew, because it cannot go on; null when another attempt has the run. */
export function startAnew(
  run: Run,
  { log, node }: Pick<RunDeps, 'log' | 'node'>,
): Promise<Run | null> {
  return transact(
    log,
    run,
    async (transaction) => {
      const next = await beginAnew(transaction.db, run, node.id)
      if (next) {
        await beginAttempt(transaction, next, () => false)
      }
      return next
    },
    'answer',
  )
}

/**
 * @param keepsCut decides whether the parts of the cut step are kept
 * @returns its decision
 */
async function beginAttempt(
  transaction: SessionTransaction,
  run: Run,
  keepsCut: (cut: CutAnswer) => boolean,
): Promise<boolean> {
  const { db } = transaction
  const { id: runId, messageId, attempt } = run
  const steps = (await stepsOfRuns(db, [runId])).get(runId) ?? []
  const finished = steps.at(-1)?.partsEnd ?? run.baseParts ?? 0
  const message = await readAnswer(transaction, run)
  const isKept = keepsCut(cutAnswer(run, steps.length, message.parts.slice(finished)))
  const keepParts = isKept ? message.parts.length : finished
  const kept = { ...message, parts: message.parts.slice(0, keepParts) }
  const seq = transaction.log.add(
    { type: 'start', runId, messageId, message: kept, attempt, keepParts },
    runId,
  )
  await updateMessage(db, messageId, { parts: { stored: kept.parts.map(toStoredPart), seq } })
  return isKept
}

/**
 * The answer together with the text that is only in the log, or is committed with this transaction: a node that takes
 * over a run that it drove itself may have some. A chunk that does not fit is left out: builds before December 2026
 * could write one of an attempt that was overtaken on its own node, and the run has to go on.
 */
async function readAnswer(transaction: SessionTransaction, run: Run) {
  const { db, sessionId } = transaction
  const { message, partsSeq } = await transaction.readStoredMessage(run.messageId)
  const chunks = await readChunks(db, sessionId, run.id, partsSeq)
  const logged = chunks.map(({ data, seq }) => ({ event: parseEvent(data), seq }))
  const { nextSeq } = transaction.log
  const waiting = transaction.log.textOf(run.id).map((event) => ({ event, seq: nextSeq }))
  return [...logged, ...waiting].reduce((answer, { event, seq }) => {
    try {
      return event.type === 'chunk' ? addText(answer, seq, event) : answer
    } catch (error) {
      if (error instanceof FoldError) return answer
      throw error
    }
  }, message)
}
