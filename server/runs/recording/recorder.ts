import { updateMessage } from '../../../db/queries/messages/messages.ts'
import { parkRun } from '../../../db/queries/runs/run-owners.ts'
import type { JoinedMessage } from '../../../db/queries/runs/steering.ts'
import { endRun } from '../../../db/queries/runs/run-endings.ts'
import type { RunEnding } from '../../../db/queries/runs/run-endings.ts'
import { recordGeneration, recordOffered } from '../../../db/queries/runs/runs.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import type { StoredGeneration, StoredPart } from '../../../db/stored-values.ts'
import { insertStep } from '../../../db/queries/messages/steps.ts'
import type { Step } from '../../../db/queries/messages/steps.ts'
import { callsOfRuns } from '../../../db/queries/messages/tool-calls.ts'
import type { NewCall, StoredCall } from '../../../db/queries/messages/call-rows.ts'
import type { Db } from '../../../db/engine/database.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { TextKind, Usage } from '../../../shared/contract/message.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import { idsOfRun } from '../../log-ids.ts'
import type { LogIds } from '../../log-ids.ts'
import type { Appender } from '../../log/writing/sequenced-events.ts'
import { Answer } from './answer.ts'
import { AttemptLog } from './attempt-log.ts'
import { CallRecorder } from './call-recorder.ts'
import { waitsForOthers } from '../../../shared/session/waiting-call.ts'
import type { RunDeps } from '../deps.ts'
import { joinAnswer } from './join-answer.ts'
import { logCall, logEnd } from '../lines.ts'
import { STOPPED } from '../run.ts'
import type { Ending } from '../run.ts'
import { startAfter } from '../start.ts'
import { addUsage } from './usage.ts'

/** Writes the answer of one attempt at a run: its text, its steps, and its end. */
export class RunRecorder {
  readonly #run: Run
  readonly #deps: RunDeps
  readonly #log: AttemptLog
  readonly #answer: Answer
  #firstTokenAt: string | null = null

  constructor(run: Run, deps: RunDeps, log: AttemptLog, answer: Answer) {
    this.#run = run
    this.#deps = deps
    this.#log = log
    this.#answer = answer
  }

  /** The ids in log lines about this run. */
  get ids(): LogIds {
    return idsOfRun(this.#run)
  }

  /** Adds text to the current part. Resolves when there is room for more. */
  text(kind: TextKind, text: string): Promise<void> {
    const first = this.#answer.stepEmpty
    this.#firstTokenAt ??= this.#deps.now()
    const { id: runId, attempt } = this.#run
    return this.#deps.log.chunk(
      this.#run.sessionId,
      { runId, attempt },
      this.#answer.addText(kind, text),
      first,
    )
  }

  /** Records a finished step and its calls, before any of the calls starts. */
  async step(
    step: Omit<Step, 'partsEnd'>,
    calls: readonly Omit<StoredCall, 'step' | 'part'>[],
  ): Promise<StoredCall[]> {
    const placed = calls.map((call) => ({
      ...call,
      step: step.step,
      part: this.#answer.addCall(call.call.id),
    }))
    this.#answer.finishStep()
    await this.#log.append(async (transaction) => {
      const { db, log } = transaction
      const made = placed.map((call): NewCall => ({ ...call, ...this.#log.place }))
      const seq = Math.max(log.nextSeq - 1, ...made.map((call) => transaction.addCall(call)))
      const { messageId, parts } = this.#answer
      const finished = { ...step, partsEnd: parts.length }
      await insertStep(db, this.#run.id, finished, made, { messageId, parts, seq })
    })
    for (const { call } of placed) logCall(this.#deps, call)
    return placed
  }

  /**
   * Shows readers that the request to the provider is retried later, and why, until the next event of the answer. A
   * short wait is not shown.
   */
  async waits(wait: { waitMs: number; retry: number; error: RunError }): Promise<void> {
    if (wait.waitMs < LEAST_SHOWN_WAIT || !this.#answer.stepEmpty) {
      return
    }
    const until = new Date(Date.parse(this.#deps.now()) + wait.waitMs).toISOString()
    const { messageId } = this.#run
    await this.#log.append(async (transaction) => {
      const waitsFor = { code: wait.error.code, until, retry: wait.retry }
      await updateMessage(transaction.db, messageId, {
        waitsFor: { ...waitsFor, seq: transaction.log.nextSeq },
      })
      await transaction.addMessage(messageId)
    })
  }

  /** True when messages wait to join the answer. */
  isSteered(): Promise<boolean> {
    return this.#log.isSteered()
  }

  /** Adds the messages that wait to join the answer to it, before the next step is asked. */
  async join(): Promise<JoinedMessage[]> {
    const part = this.#answer.parts.length
    return this.#log.appendAlone((transaction) => joinAnswer(transaction, this.#run, part))
  }

  /** Records the tools of a step before the model is asked. */
  async offered(names: readonly string[]): Promise<void> {
    await this.#log.append(({ db }) => recordOffered(db, this.#run.id, names))
  }

  /** Records where the provider keeps an answer that it writes in the background, before any text of it. */
  async generation(generation: StoredGeneration): Promise<void> {
    await this.#log.append(({ db }) => recordGeneration(db, this.#run.id, generation))
  }

  /**
   * Gives the run up until a person decides about its calls, or the client has carried them out.
   *
   * @param awaiting the calls that are not decided, as far as this attempt knows
   * @returns `parked` when the run waits now; the calls that were decided meanwhile when it goes on with them; or
   *   `stopped`
   */
  async park(awaiting: readonly CallId[]): Promise<StoredCall[] | 'parked' | 'stopped'> {
    const { id: runId, messageId } = this.#run
    return this.#log.appendAlone(async (transaction, { stopRequested }) => {
      const { db } = transaction
      const calls = (await callsOfRuns(db, [runId])).get(runId) ?? []
      const decided = calls.filter(
        ({ call }) => awaiting.includes(call.id) && !waitsForOthers(call),
      )
      if (stopRequested || decided.length > 0) {
        return stopRequested ? 'stopped' : decided
      }
      await parkRun(db, runId)
      await updateMessage(db, messageId, { status: 'waiting' })
      await transaction.addMessage(messageId)
      return 'parked'
    })
  }

  /**
   * Ends the run, once, and starts the queued run behind it, if there is one.
   *
   * @param usage of this run, and of the runs that it continues
   * @param more `wantsSummary` requests a summary of the session, for when the model cannot read all of it; `notes`
   *   tell a person how the request to the model was changed
   */
  async end(
    ending: Ending,
    { own: usage, earlier }: { own: Usage | null; earlier: Usage | null },
    lastStep: Omit<Step, 'partsEnd'> | null,
    {
      wantsSummary = false,
      notes = [],
    }: { wantsSummary?: boolean; notes?: readonly string[] } = {},
  ): Promise<Run | null> {
    const { id: runId, messageId, sessionId } = this.#run
    const usageOfAnswer = addUsage(earlier, usage)
    /** Adds the event that ends the run, and returns what else is stored of its end. */
    const endIn = (log: Appender, { outcome, finish, error }: Ending): RunEnding => {
      const usageAndError = { usage: usageOfAnswer, error }
      const end = { type: 'end', runId, messageId, outcome, finish, ...usageAndError } as const
      const seq = log.add({ ...end, ...(notes.length > 0 && { notes: [...notes] }) }, runId)
      const stored = this.#answer.parts
      return {
        ...{ outcome, finish, error, usage, usageOfAnswer, notes },
        now: this.#deps.now(),
        firstTokenAt: this.#firstTokenAt,
        parts: { stored, seq },
        step: lastStep && { ...lastStep, partsEnd: stored.length },
      }
    }
    const isEnded = !wantsSummary && (await this.#endAtOnce((log) => endIn(log, ending)))
    if (isEnded) {
      logEnd(this.#deps, ending)
      return null
    }
    let ended = ending
    const following = await this.#log.appendAlone(
      async (transaction, { stopRequested, titleSource }) => {
        const { db, log } = transaction
        // A stop that was accepted counts, although the answer was complete at the same moment.
        ended = stopRequested ? STOPPED : ending
        const next = await endRun(db, this.#run, endIn(log, ended))
        if (ended.outcome === 'completed' && titleSource === 'rule') {
          await this.#deps.titles.answered(db, this.#run)
        }
        if (ended.outcome === 'completed' && wantsSummary) {
          await this.#deps.summaries.request(db, sessionId, this.#deps.newId())
        }
        return next && (await this.#mayFollow(db, next))
          ? startAfter(transaction, next, this.#deps)
          : null
      },
    )
    logEnd(this.#deps, ended)
    return following
  }

  /** The usual end, behind which nothing waits. Returns false when it is another one; nothing was stored then. */
  async #endAtOnce(endIn: (log: Appender) => RunEnding): Promise<boolean> {
    const done = await this.#log.appendAtOnce((log) => {
      const known = { run: this.#run, owner: this.#deps.node.id, ending: endIn(log) }
      return { value: true, store: (events) => this.#deps.batches.end({ ...known, events }) }
    })
    return done !== null
  }

  /** False when another session of the same person is next, or too many of the person's runs are going. */
  async #mayFollow(db: Db, next: Run): Promise<boolean> {
    const { slots } = this.#deps
    return (
      slots === null ||
      next.stopRequestedAt !== null ||
      (await slots.mayStartNext(db, next.userId, next.sessionId))
    )
  }
}

/** The shortest wait that readers are shown. Milliseconds. */
const LEAST_SHOWN_WAIT = 700

/** Opens the recorders of an attempt with the parts of finished steps, and those of the cut step if it goes on. */
export function openRecorders(
  run: Run,
  deps: RunDeps,
  lose: AbortSignal,
  kept: readonly StoredPart[],
  stepStart: number,
) {
  const answer = new Answer(run.messageId, kept, stepStart)
  const log = new AttemptLog(run, deps, lose)
  return {
    answer,
    recorder: new RunRecorder(run, deps, log, answer),
    callRecorder: new CallRecorder(log, deps),
  }
}
