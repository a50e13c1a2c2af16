import type { Run } from '../../../db/queries/runs/runs.ts'
import { retryOutages } from '../../log/outages.ts'
import { transact } from '../../log/transaction.ts'
import type { SessionTransaction } from '../../log/transaction.ts'
import { FencedError } from '../deps.ts'
import type { RunDeps } from '../deps.ts'

/** Writes of an attempt, in the transaction that locks its run. */
export type Work<H, T> = (transaction: SessionTransaction, hold: H) => Promise<T>

/**
 * Appends to the log of a run's session if the run is still this attempt's, and retries while the database cannot be
 * reached.
 *
 * @param hold locks the run; null when another attempt has it
 * @param lose ends the retries
 * @throws {FencedError} when another attempt has the run
 */
export function appendHeld<H, T>(
  run: Pick<Run, 'sessionId' | 'userId'>,
  hold: (transaction: SessionTransaction) => Promise<H | null>,
  work: Work<H, T>,
  { log, onError }: Pick<RunDeps, 'log' | 'onError'>,
  lose: AbortSignal,
): Promise<T> {
  const append = () =>
    transact(
      log,
      run,
      async (transaction) => {
        const held = await hold(transaction)
        if (!held) throw new FencedError()
        return work(transaction, held)
      },
      'answer',
    )
  return retryOutages(append, {
    onError: (error) => onError(error, 'a run could not be recorded and is tried again'),
    signal: lose,
  })
}
