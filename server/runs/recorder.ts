import type { Db } from '../../db/connect.ts'
import { findMessage, toStoredPart, updateMessage } from '../../db/messages.ts'
import { type Run, endRun, holdRun } from '../../db/runs.ts'
import { lockSession } from '../../db/sessions.ts'
import { type Step, insertStep } from '../../db/steps.ts'
import { type NewCall, type StoredCall, insertCalls, updateCall } from '../../db/tool-calls.ts'
import type { TextKind, Usage } from '../../shared/contract/message.ts'
import type { ToolCall } from '../../shared/contract/tool.ts'
import type { Appender } from '../log/port.ts'
import { Answer } from './answer.ts'
import { FencedError, type RunDeps } from './deps.ts'
import { type Ending, STOPPED } from './run.ts'
import { startNext } from './start.ts'

/**
 * Everything that one attempt at a run writes. Each write checks, in its own transaction, that the run is still this
 * attempt's, and throws a `FencedError` when it is not.
 */
export class RunRecorder {
  readonly #run: Run
  readonly #deps: RunDeps
  readonly #answer: Answer

  constructor(run: Run, deps: RunDeps, answer: Answer) {
    this.#run = run
    this.#deps = deps
    this.#answer = answer
  }

  /** Resolves when there is room for more text. */
  text(kind: TextKind, text: string): Promise<void> {
    const first = this.#answer.stepEmpty
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
    await this.#append(async (transaction, log) => {
      await insertStep(transaction, this.#run.id, { ...step, partsEnd: this.#answer.parts.length })
      await insertCalls(
        transaction,
        placed.map((call): NewCall => ({ ...call, ...this.#place })),
      )
      const seq = Math.max(log.nextSeq - 1, ...placed.map((call) => this.#addCall(log, call)))
      await updateMessage(transaction, this.#run.messageId, {
        parts: { stored: this.#answer.parts, seq },
      })
    })
    return placed
  }

  /** Records a call's new state. */
  async call(stored: StoredCall, call: ToolCall): Promise<StoredCall> {
    const changed = { ...stored, call }
    await this.#append(async (transaction, log) => {
      await updateCall(transaction, call)
      this.#addCall(log, changed)
    })
    return changed
  }

  /** Ends the run, once, and starts the one that waits behind it, if one does. */
  async end(
    ending: Ending,
    usage: Usage | null,
    lastStep: Omit<Step, 'partsEnd'> | null,
  ): Promise<Run | null> {
    const { id: runId, messageId, sessionId, userId } = this.#run
    return this.#append(async (transaction, log, stopRequested) => {
      // A stop that was accepted is kept, although the answer was just then complete.
      const { outcome, finish, error } = stopRequested ? STOPPED : ending
      if (lastStep) {
        await insertStep(transaction, runId, { ...lastStep, partsEnd: this.#answer.parts.length })
      }
      const seq = log.add({ type: 'end', runId, messageId, outcome, finish, usage, error }, runId)
      await updateMessage(transaction, messageId, {
        status: outcome,
        usage,
        error,
        parts: { stored: this.#answer.parts, seq },
      })
      await endRun(transaction, runId, { outcome, finish, error, usage, now: this.#deps.now() })
      const session = await lockSession(transaction, userId, sessionId)
      return startNext(
        transaction,
        log,
        { userId, sessionId },
        session?.activeLeaf ?? messageId,
        this.#deps,
      )
    })
  }

  get #place() {
    const { id: runId, sessionId, userId, messageId } = this.#run
    return { runId, sessionId, userId, messageId }
  }

  #addCall(log: Appender, { call, part }: StoredCall): number {
    return log.add({ type: 'tool', messageId: this.#run.messageId, part, call }, this.#run.id)
  }

  #append<T>(
    work: (transaction: Db, log: Appender, stopRequested: boolean) => Promise<T>,
  ): Promise<T> {
    return this.#deps.log.append(this.#run.sessionId, async (transaction, log) => {
      const hold = await holdRun(transaction, this.#run.id, this.#deps.nodeId, this.#run.attempt)
      if (!hold) {
        throw new FencedError()
      }
      return work(transaction, log, hold.stopRequested)
    })
  }
}

/** Opens the recorder of an attempt, over the parts that finished steps left. */
export async function openRecorder(run: Run, deps: RunDeps, keepParts: number) {
  const stored = await findMessage(deps.database.db, run.userId, run.messageId)
  if (!stored) {
    throw new FencedError()
  }
  const answer = new Answer(
    run.messageId,
    stored.message.parts.slice(0, keepParts).map(toStoredPart),
  )
  return { recorder: new RunRecorder(run, deps, answer), answer }
}
