import type { Db } from '../../../db/engine/database.ts'
import { findFenced } from '../../../db/queries/runs/run-owners.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
import type { PendingChunk, PendingLog, RunHold } from './pending.ts'

/** Some taken chunks of one log, which are about to be committed. */
export type TakenChunks = { log: PendingLog; chunks: PendingChunk[] }

/**
 * Throws away the text of runs that are no longer this node's. Asked after the head of each log is known: a run that
 * is taken over later collides there, one that was taken over before is found here.
 *
 * @returns those runs
 */
export async function dropFenced(db: Db, takenByLog: readonly TakenChunks[]): Promise<Set<RunId>> {
  const holds = new Map<RunId, RunHold>()
  for (const { log, chunks } of takenByLog) {
    for (const { hold } of chunks) {
      if (!log.trusts(hold)) {
        holds.set(hold.runId, hold)
      }
    }
  }
  if (holds.size === 0) {
    return new Set()
  }
  const fenced = await findFenced(
    db,
    [...holds.values()].map(({ runId, attempt }) => ({ id: runId, attempt })),
  )
  for (const taken of takenByLog) {
    taken.log.settle(taken.chunks.filter(({ hold }) => fenced.has(hold.runId)))
    taken.chunks = taken.chunks.filter(({ hold }) => !fenced.has(hold.runId))
    for (const { hold } of taken.chunks) {
      taken.log.trust(hold)
    }
    for (const runId of fenced) {
      taken.log.drop(runId)
    }
  }
  return fenced
}
