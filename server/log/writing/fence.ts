import type { Db } from '../../../db/engine/database.ts'
import { findFenced } from '../../../db/queries/runs/run-owners.ts'
import { attemptKey } from './pending.ts'
import type { PendingChunk, PendingLog, RunHold } from './pending.ts'

/** Some taken chunks of one log, which are about to be committed. */
export type TakenChunks = { log: PendingLog; chunks: PendingChunk[] }

/**
 * Drops the text of attempts that this node does not drive any more; the text of its own later attempt stays. It is
 * called after the head of each log is known: a later takeover collides with that head, an earlier one is found here.
 *
 * @returns the attempts whose text was dropped
 */
export async function dropFenced(db: Db, takenByLog: readonly TakenChunks[]): Promise<RunHold[]> {
  const holds = new Map<string, RunHold>()
  for (const { log, chunks } of takenByLog) {
    for (const { hold } of chunks) {
      if (!log.trusts(hold)) {
        holds.set(attemptKey(hold), hold)
      }
    }
  }
  if (holds.size === 0) {
    return []
  }
  const found = await findFenced(
    db,
    [...holds.values()].map(({ runId, attempt }) => ({ id: runId, attempt })),
  )
  const fenced = found.map(({ id, attempt }): RunHold => ({ runId: id, attempt }))
  const keys = new Set(fenced.map(attemptKey))
  for (const taken of takenByLog) {
    taken.log.settle(taken.chunks.filter(({ hold }) => keys.has(attemptKey(hold))))
    taken.chunks = taken.chunks.filter(({ hold }) => !keys.has(attemptKey(hold)))
    for (const { hold } of taken.chunks) {
      taken.log.trust(hold)
    }
    for (const { runId, attempt } of fenced) {
      taken.log.drop(runId, attempt)
    }
  }
  return fenced
}
