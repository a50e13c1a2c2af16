import { firstAbort } from '../concurrency/first-abort.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { countWritingAttempts } from '../../db/queries/log/run-events.ts'
import type { Step } from '../../db/queries/messages/steps.ts'
import type { StoredCall } from '../../db/queries/messages/call-rows.ts'
import { givenUp, isAwaiting, isOpen, isSettled, newCall, recovered } from './calls.ts'
import { askWithin } from './prompt/ask-within-limits.ts'
import type { CutStep, PaidResult } from './prompt/ask-within-limits.ts'
import { currentMessages, joinedForModel } from './prompt/current.ts'
import { FencedError } from './deps.ts'
import type { RunDeps, RunSignals } from './deps.ts'
import { isSummaryStale } from './prompt/fit-step.ts'
import { chosenFor } from '../model/request/parameters.ts'
import { Offer } from './prompt/tool-offer.ts'
import { linesOf } from './lines.ts'
import { loadDrive } from './load-drive.ts'
import { problemOfOutput } from './output/check.ts'
import { closeQuestions } from './recording/questions.ts'
import { openRecorders } from './recording/recorder.ts'
import { openQuestion } from '../../shared/contract/open-question.ts'
import { stepSpan } from '../telemetry/spans.ts'
import { cancelCut, cancelUnlessLeft, cutStep } from './cut-step.ts'
import { advance, resume } from './run.ts'
import type { RunInput, RunState } from './run.ts'
import { settleCall } from './settle-call.ts'
import { startAnew } from './takeover.ts'
import { sumUsage } from './recording/usage.ts'

/** A run with this many more attempts than finished steps is given up: it may be what makes nodes crash. */
const MAX_ATTEMPTS = 6

/**
 * Drives one attempt at a run, from wherever the attempt before it was cut, to its end or until it waits for a person.
 *
 * @returns the run that starts after it, if one was queued
 * @throws {FencedError} when another attempt has the run, or it was given up
 */
export async function driveRun(run: Run, all: RunDeps, signals: RunSignals): Promise<Run | null> {
  const deps = { ...all, ...linesOf(run, all), tools: all.tools.of(run.userId) }
  deps.logger.debug({ attempt: run.attempt, model: run.model }, 'an answer is driven')
  const { maxSteps } = deps.settings
  const endOfCalls = firstAbort(signals.stop, signals.lose)
  const endOfAsking = firstAbort(endOfCalls, signals.leave)
  const loaded = await loadDrive(run, deps, endOfAsking)
  const { steps, calls, question, caller, kept, stepStart, earlier, joined, toolsOff } = loaded
  const payer = { userId: run.userId, keyId: run.keyId }
  const { recorder, callRecorder, answer } = openRecorders(run, deps, signals.lose, kept, stepStart)
  let cut = cutStep(run, steps.length, kept.slice(stepStart))
  let lastStep: Omit<Step, 'partsEnd'> | null = null
  let wantsSummary = false
  const notes = new Set<string>()

  const put = (stored: StoredCall) => {
    calls[calls.findIndex(({ call }) => call.id === stored.call.id)] = stored
    return stored
  }
  for (const stored of calls) {
    // A task at a server goes on by itself, so a call that was made as one is not recovered.
    const call = stored.owner || stored.task ? stored.call : recovered(stored.call)
    if (call !== stored.call) {
      put(await callRecorder.call({ ...stored, call }))
    } else if (openQuestion(call)) {
      put(await closeQuestions(stored, callRecorder))
    }
  }
  const offer = new Offer(run, deps, recorder, question.request.systemPrompt, toolsOff)
  let state: RunState = resume(steps.length, ids(calls, isOpen), ids(calls, isAwaiting), maxSteps)
  const apply = (input: RunInput) => {
    state = advance(state, input, maxSteps)
  }

  /** Returns true when the cut step cannot go on and has to be done anew. */
  const ask = async (step: number): Promise<boolean> => {
    if (step > 0 && (await recorder.isSteered())) {
      joined.push(...(await joinedForModel(deps, run, await recorder.join(), endOfAsking)))
    }
    const current = currentMessages(answer.parts, run, { steps, calls, earlier, joined })
    const written = steps.reduce((sum, { usage }) => sum + (usage?.outputTokens ?? 0), 0)
    const offered = await offer.next(endOfAsking)
    const request = chosenFor(step, { ...question.request, ...offered })
    const asked = { ...question, request, current }
    const isLeft = () => !signals.stop.aborted
    const paid = { written, payer, number: step, cut, isLeft }
    cut = null
    const result = await askWithin(asked, paid, deps, recorder, endOfAsking)
    if (result.generation) {
      await cancelUnlessLeft(result.generation, run, deps, signals)
    }
    for (const note of result.notes) {
      notes.add(note)
    }
    wantsSummary = result.omitted > 0 && isSummaryStale(question)
    signals.lose.throwIfAborted()
    if (signals.stop.aborted) {
      apply({ type: 'stopped' })
      return false
    }
    if (result.end.type === 'gone') {
      return true
    }
    if (result.end.type === 'aborted') {
      throw new FencedError()
    }
    if (result.end.type === 'failed') {
      if (result.end.error.code === 'budget' && result.usage) {
        lastStep = toStep(step, result, 'length')
      }
      apply({ type: 'failed', error: result.end.error })
      return false
    }
    const finished = toStep(step, result, result.end.finish)
    const made = result.end.calls.map((asked) =>
      newCall(deps, asked, run.options?.clientTools, deps.settings.clientToolSeconds),
    )
    if (made.length === 0) {
      lastStep = finished
      const { output } = run.options ?? {}
      const problem = finished.finish === 'stop' && (await problemOfOutput(output, answer.parts))
      signals.lose.throwIfAborted()
      if (problem) {
        apply({ type: 'failed', error: problem })
        return false
      }
    } else {
      calls.push(...(await recorder.step(finished, made)))
      steps.push({ ...finished, partsEnd: answer.parts.length })
    }
    const own = calls.filter((call) => call.step === step)
    const awaiting = ids(own, isAwaiting)
    const open = ids(own, (call) => !isAwaiting(call))
    apply({ type: 'answered', finish: result.end.finish, open, awaiting })
    return false
  }

  const settle = async (stored: StoredCall) => {
    const { call, isStopped } = await settleCall(stored, {
      ...{ run, deps, caller, recorder: callRecorder, lose: signals.lose, endOfCalls },
      isStopping: () => signals.stop.aborted || state.phase === 'stopping',
    })
    put(call)
    if (isStopped) {
      apply({ type: 'stopped' })
    }
    apply({ type: isAwaiting(call) ? 'asked-again' : 'settled', call: stored.call.id })
  }

  /** Gives the run up to wait for a person, unless a decision or a stop came meanwhile. */
  const park = async (awaiting: Parameters<typeof recorder.park>[0]) => {
    const found = await recorder.park(awaiting)
    if (found === 'stopped') {
      apply({ type: 'stopped' })
    } else if (found !== 'parked') {
      for (const stored of found) {
        put(stored)
        apply({ type: isSettled(stored) ? 'settled' : 'approved', call: stored.call.id })
      }
    }
    return found === 'parked'
  }

  if (await isHopeless(run, steps.length, cut, deps)) {
    cancelCut(cut, deps)
    for (const stored of calls.filter((one) => isOpen(one) || isAwaiting(one))) {
      put(await callRecorder.call({ ...stored, call: givenUp(stored.call) }))
    }
    const ending = { outcome: 'interrupted', finish: null, error: null } as const
    return recorder.end(ending, { own: sumUsage(steps, null), earlier: earlier.usage }, null)
  }
  for (;;) {
    signals.lose.throwIfAborted()
    switch (state.phase) {
      case 'ended':
        return recorder.end(
          state.ending,
          { own: sumUsage(steps, lastStep), earlier: earlier.usage },
          lastStep,
          { wantsSummary, notes: [...notes] },
        )
      case 'asking':
        signals.leave.throwIfAborted()
        if (signals.stop.aborted) {
          cancelCut(cut, deps)
          apply({ type: 'stopped' })
        } else {
          const { step } = state
          if (await deps.telemetry.within(stepSpan(step), () => ask(step))) {
            const next = await startAnew(run, deps)
            if (!next) {
              throw new FencedError()
            }
            return driveRun(next, deps, signals)
          }
        }
        break
      case 'waiting':
        if (signals.stop.aborted) {
          apply({ type: 'stopped' })
        } else if (await park(state.awaiting)) {
          return null
        }
        break
      case 'calling':
      case 'stopping': {
        const { open } = state
        const settling = calls
          .filter(({ call }) => open.includes(call.id))
          .map((call) =>
            settle(call).catch((error: unknown) => {
              if (error instanceof FencedError) signals.overtaken()
              throw error
            }),
          )
        // Also when one call could not be recorded, all are awaited: the next attempt may begin only when no call runs.
        await Promise.allSettled(settling)
        await Promise.all(settling)
        break
      }
    }
  }
}

/** True after too many attempts without progress. An attempt that continued a cut step and wrote more is progress. */
async function isHopeless(
  run: Run,
  steps: number,
  cut: CutStep | null,
  { database }: Pick<RunDeps, 'database'>,
): Promise<boolean> {
  if (run.attempt <= MAX_ATTEMPTS + steps) return false
  const brought = cut ? await countWritingAttempts(database.db, run) : 0
  return run.attempt > MAX_ATTEMPTS + steps + brought
}

function ids(calls: readonly StoredCall[], wanted: (stored: StoredCall) => boolean) {
  return calls.filter(wanted).map(({ call }) => call.id)
}

function toStep(step: number, result: PaidResult, finish: string): Omit<Step, 'partsEnd'> {
  return {
    step,
    model: result.model,
    finish,
    usage: result.usage,
    providerState: result.providerState,
  }
}
