import { keepFilesOfCall } from '../../db/queries/files/files.ts'
import { updateMessage } from '../../db/queries/messages/messages.ts'
import { holdRun, parkRun } from '../../db/queries/runs/run-owners.ts'
import { isSteered } from '../../db/queries/runs/steering.ts'
import type { JoinedMessage } from '../../db/queries/runs/steering.ts'
import { endRun, holdRunAlone } from '../../db/queries/runs/run-drives.ts'
import { recordGeneration, recordOffered } from '../../db/queries/runs/runs.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import type { StoredGeneration, StoredPart, StoredTask } from '../../db/stored-values.ts'
import { insertStep } from '../../db/queries/messages/steps.ts'
import type { Step } from '../../db/queries/messages/steps.ts'
import {
  callsOfRuns,
  questionsOfCall,
  setQuestions,
  setTask,
  updateCall,
} from '../../db/queries/messages/tool-calls.ts'
import type { NewCall, StoredCall } from '../../db/queries/messages/call-rows.ts'
import type { Db } from '../../db/engine/database.ts'
import type { RunError } from '../../shared/contract/errors.ts'
import type { TextKind, Usage } from '../../shared/contract/message.ts'
import type { CallId } from '../../shared/contract/ids.ts'
import type { Question } from '../../shared/contract/question.ts'
import { transact } from '../log/transaction.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import { Answer } from './answer.ts'
import { waitsForOthers } from './calls.ts'
import { FencedError } from './deps.ts'
import type { RunDeps } from './deps.ts'
import { joinAnswer } from './join-answer.ts'
import { patiently } from './patiently.ts'
import { STOPPED } from './run.ts'
import type { Ending } from './run.ts'
import { startAfter } from './start.ts'
import { addUsage } from './usage.ts'

/**
 * Everything that one attempt at a run writes. Each write checks, in its own transaction, that the run is still this
 * attempt's, and throws a `FencedError` when it is not.
 */
export class RunRecorder {
  readonly #run: Run
  readonly #deps: RunDeps
  readonly #lose: AbortSignal
  readonly #answer: Answer
  /** As it was when this last wrote; null before that. */
  #steered: boolean | null = null
  #firstTokenAt: string | null = null

  constructor(run: Run, deps: RunDeps, lose: AbortSignal, answer: Answer) {
    this.#run = run
    this.#deps = deps
    this.#lose = lose
    this.#answer = answer
  }

  /** Resolves when there is room for more text. */
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

  /** Records a finished step and the calls it made, before any of them starts. */
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
    await this.#append(async (transaction) => {
      const { db, log } = transaction
      const made = placed.map((call): NewCall => ({ ...call, ...this.#place }))
      const seq = Math.max(log.nextSeq - 1, ...made.map((call) => transaction.addCall(call)))
      const { messageId, parts } = this.#answer
      const finished = { ...step, partsEnd: parts.length }
      await insertStep(db, this.#run.id, finished, made, { messageId, parts, seq })
    })
    return placed
  }

  /**
   * Tells readers that the provider is asked again later, and why; until the next event of the answer. What is over in
   * a moment is not worth an event.
   */
  async waits(wait: { waitMs: number; retry: number; error: RunError }): Promise<void> {
    if (wait.waitMs < LEAST_TOLD_WAIT || !this.#answer.stepEmpty) {
      return
    }
    const until = new Date(Date.parse(this.#deps.now()) + wait.waitMs).toISOString()
    const { messageId } = this.#run
    await this.#append(async (transaction) => {
      const waitsFor = { code: wait.error.code, until, retry: wait.retry }
      await updateMessage(transaction.db, messageId, {
        waitsFor: { ...waitsFor, seq: transaction.log.nextSeq },
      })
      await transaction.addMessage(messageId)
    })
  }

  /** True when messages wait to join the answer. */
  async isSteered(): Promise<boolean> {
    return this.#steered ?? isSteered(this.#deps.database.db, this.#run.id)
  }

  /** Takes the messages that wait to join the answer into it, before the step that is asked next. */
  async join(): Promise<JoinedMessage[]> {
    const part = this.#answer.parts.length
    return this.#appendAlone((transaction) => joinAnswer(transaction, this.#run, part))
  }

  /** Records which tools the model is about to be offered, before it is. */
  async offered(names: readonly string[]): Promise<void> {
    await this.#append(({ db }) => recordOffered(db, this.#run.id, names))
  }

  /** Records where the provider has the answer that it writes by itself, before anything of it. */
  async generation(generation: StoredGeneration): Promise<void> {
    await this.#append(({ db }) => recordGeneration(db, this.#run.id, generation))
  }

  /** Records a call's new state. */
  async call(stored: StoredCall): Promise<StoredCall> {
    return this.#append(async (transaction) => {
      const kept = await keepFilesOfCall(transaction.db, this.#place, stored.call)
      const call = await updateCall(transaction.db, { ...stored, call: kept })
      transaction.addCall({ ...stored, call, ...this.#place })
      return { ...stored, call }
    })
  }

  /** Changes what is asked in the middle of a call, if that changes anything. */
  async questions(
    { call, ...stored }: StoredCall,
    change: (questions: readonly Question[]) => readonly Question[],
  ): Promise<Question[]> {
    return this.#append(async (transaction) => {
      const before = await questionsOfCall(transaction.db, call.id, { lock: true })
      const questions = [...change(before)]
      if (JSON.stringify(questions) !== JSON.stringify(before)) {
        await setQuestions(transaction.db, call.id, questions)
        transaction.addCall({ ...stored, ...this.#place, call: { ...call, questions } })
      }
      return questions
    })
  }

  /** Records the task at its server that a call was made as. */
  async task(call: CallId, task: StoredTask): Promise<void> {
    await this.#append(({ db }) => setTask(db, call, task))
  }

  /**
   * Gives the run up until a person decides about its calls, or the client has carried them out.
   *
   * @param awaiting the calls that are not decided, as far as this attempt knows
   * @returns `parked` when it waits now; else it goes on with the calls that were decided meanwhile, or is stopped
   */
  async park(awaiting: readonly CallId[]): Promise<StoredCall[] | 'parked' | 'stopped'> {
    const { id: runId, messageId } = this.#run
    return this.#appendAlone(async (transaction, { stopRequested }) => {
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
   * Ends the run, once, and starts the one that waits behind it, if one does.
   *
   * @param usage of this run, and of those that it continues
   * @param more `wantsSummary` asks for a summary of the session, for the model to read where it cannot read
   *   everything; `notes` are what a person is told about how the model was asked
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
    return this.#appendAlone(async (transaction, { stopRequested, titleSource }) => {
      const { db, log } = transaction
      // A stop that was accepted is kept, although the answer was just then complete.
      const { outcome, finish, error } = stopRequested ? STOPPED : ending
      const stored = this.#answer.parts
      const usageOfAnswer = addUsage(earlier, usage)
      const ended = { runId, messageId, outcome, finish, usage: usageOfAnswer, error }
      const end = { type: 'end', ...ended } as const
      const seq = log.add({ ...end, ...(notes.length > 0 && { notes: [...notes] }) }, runId)
      const next = await endRun(db, this.#run, {
        outcome,
        finish,
        error,
        usage,
        usageOfAnswer,
        notes,
        now: this.#deps.now(),
        firstTokenAt: this.#firstTokenAt,
        parts: { stored, seq },
        step: lastStep && { ...lastStep, partsEnd: stored.length },
      })
      if (outcome === 'completed' && titleSource === 'rule') {
        await this.#deps.titles.answered(db, this.#run)
      }
      if (outcome === 'completed' && wantsSummary) {
        await this.#deps.summaries.request(db, sessionId, this.#deps.newId())
      }
      return next && (await this.#mayFollow(db, next))
        ? startAfter(transaction, next, this.#deps)
        : null
    })
  }

  /** False when it is another session's turn, of the same person, or too many of theirs are going. */
  async #mayFollow(db: Db, next: Run): Promise<boolean> {
    const { slots } = this.#deps
    return (
      slots === null ||
      next.stopRequestedAt !== null ||
      (await slots.mayStartNext(db, next.userId, next.sessionId))
    )
  }

  get #place() {
    const { id: runId, sessionId, userId, messageId } = this.#run
    return { runId, sessionId, userId, messageId }
  }

  /**
   * Appends for this attempt, as long as the database is in trouble trying again: what a run has said and done is not
   * given up because the database is away.
   */
  #append<T>(work: Work<Hold, T>): Promise<T> {
    const { id, attempt } = this.#run
    return this.#patiently(async ({ db }) => {
      const held = await holdRun(db, id, this.#deps.node.id, attempt)
      this.#steered = held?.steered ?? null
      return held
    }, work)
  }

  /** Appends while nothing else can change the session: for what decides about more than this run. */
  #appendAlone<T>(work: Work<HoldAlone, T>): Promise<T> {
    return this.#patiently(({ db }) => holdRunAlone(db, this.#run, this.#deps.node.id), work)
  }

  #patiently<H, T>(
    hold: (transaction: SessionTransaction) => Promise<H | null>,
    work: Work<H, T>,
  ): Promise<T> {
    const { log, onError } = this.#deps
    const append = () =>
      transact(
        log,
        this.#run,
        async (transaction) => {
          const held = await hold(transaction)
          if (!held) {
            throw new FencedError()
          }
          return work(transaction, held)
        },
        'answer',
      )
    return patiently(append, {
      onError: (error) => onError(error, 'a run could not be recorded and is tried again'),
      signal: this.#lose,
    })
  }
}

type Hold = { stopRequested: boolean }
type HoldAlone = Hold & { titleSource: string | null }
type Work<H, T> = (transaction: SessionTransaction, hold: H) => Promise<T>

/** Milliseconds. */
const LEAST_TOLD_WAIT = 700

/** Opens the recorder of an attempt, over the parts that finished steps left, and those of the one that goes on. */
export function openRecorder(
  run: Run,
  deps: RunDeps,
  lose: AbortSignal,
  kept: readonly StoredPart[],
  stepStart: number,
) {
  const answer = new Answer(run.messageId, kept, stepStart)
  return { recorder: new RunRecorder(run, deps, lose, answer), answer }
}
