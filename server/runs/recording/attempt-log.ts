import type { NewCall } from '../../../db/queries/messages/call-rows.ts'
import { holdRun } from '../../../db/queries/runs/run-owners.ts'
import { holdRunAlone } from '../../../db/queries/runs/run-endings.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import { isSteered } from '../../../db/queries/runs/steering.ts'
import { retryOutages } from '../../log/outages.ts'
import { transact } from '../../log/transaction.ts'
import type { SessionTransaction } from '../../log/transaction.ts'
import type { WholeChange } from '../../log/writing/committer.ts'
import type { Appender } from '../../log/writing/sequenced-events.ts'
import { FencedError } from '../deps.ts'
import type { RunDeps } from '../deps.ts'

/** Writes of an attempt, in the transaction that locks its run. */
type Work<H, T> = (transaction: SessionTransaction, hold: H) => Promise<T>
type Hold = { stopRequested: boolean }
type HoldAlone = Hold & { titleSource: string | null }

/**
 * The log of a run's session, for one attempt at the run. Each write checks, in its own transaction, that the run is
 * still this attempt's, and throws a `FencedError` if it is not. It is retried while the database cannot be reached, so
 * that the answer is not lost.
 */
export class AttemptLog {
  readonly #run: Run
  readonly #deps: Pick<RunDeps, 'database' | 'log' | 'node' | 'onError'>
  readonly #lose: AbortSignal
  /** True when messages waited to join the answer at the last write; null before the first. */
  #steered: boolean | null = null

  /** @param lose ends the retries */
  constructor(run: Run, deps: RunDeps, lose: AbortSignal) {
    this.#run = run
    this.#deps = deps
    this.#lose = lose
  }

  /** The ids that a call of this run is stored with. */
  get place(): Pick<NewCall, 'runId' | 'sessionId' | 'userId' | 'messageId'> {
    const { id: runId, sessionId, userId, messageId } = this.#run
    return { runId, sessionId, userId, messageId }
  }

  /** True when messages wait to join the answer. */
  async isSteered(): Promise<boolean> {
    return this.#steered ?? isSteered(this.#deps.database.db, this.#run.id)
  }

  append<T>(work: Work<Hold, T>): Promise<T> {
    const { id, attempt } = this.#run
    return this.#appendHeld(async ({ db }) => {
      const held = await holdRun(db, id, this.#deps.node.id, attempt)
      this.#steered = held?.steered ?? null
      return held
    }, work)
  }

  /** Appends while the session is locked, for decisions that concern more than this run. */
  appendAlone<T>(work: Work<HoldAlone, T>): Promise<T> {
    return this.#appendHeld(({ db }) => holdRunAlone(db, this.#run, this.#deps.node.id), work)
  }

  /** Appends a change that checks by itself that the run is this attempt's; null when nothing was stored. */
  appendAtOnce<T>(prepare: (log: Appender) => WholeChange<T>): Promise<{ value: T } | null> {
    const { log } = this.#deps
    return this.#retried(() => log.appendAtOnce(this.#run.sessionId, prepare, 'answer'))
  }

  /** @param hold locks the run; null when another attempt has it */
  #appendHeld<H, T>(
    hold: (transaction: SessionTransaction) => Promise<H | null>,
    work: Work<H, T>,
  ): Promise<T> {
    const write = async (transaction: SessionTransaction) => {
      const held = await hold(transaction)
      if (!held) throw new FencedError()
      return work(transaction, held)
    }
    return this.#retried(() => transact(this.#deps.log, this.#run, write, 'answer'))
  }

  #retried<T>(append: () => Promise<T>): Promise<T> {
    const { onError } = this.#deps
    return retryOutages(append, {
      onError: (error) => onError(error, 'a run could not be recorded and is tried again'),
      signal: this.#lose,
    })
  }
}
