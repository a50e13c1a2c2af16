import { firstAbort } from '../concurrency/first-abort.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import type { Step } from '../../db/queries/messages/steps.ts'
import type { StoredCall } from '../../db/queries/messages/call-rows.ts'
import {
  askedFirst,
  begin,
  carryOut,
  givenUp,
  isAwaiting,
  isOpen,
  isSettled,
  isWithClient,
  neverBegan,
  newCall,
  recovered,
} from './calls.ts'
import { askWithin } from './prompt/ask-within-limits.ts'
import type { PaidResult } from './prompt/ask-within-limits.ts'
import { currentMessages, tellJoined } from './prompt/current.ts'
import { FencedError } from './deps.ts'
import type { RunDeps, RunSignals } from './deps.ts'
import { isSummaryStale } from './prompt/fit-step.ts'
import { Offer } from './prompt/tool-offer.ts'
import { loadDrive } from './load-drive.ts'
import { ProgressRecord } from './progress.ts'
import { problemOfOutput } from './output/check.ts'
import { askPerson, closeQuestions } from './questions.ts'
import { openRecorder } from './recorder.ts'
import { openQuestion } from '../../shared/contract/open-question.ts'
import { stepSpan } from '../telemetry/spans.ts'
import { cancelCut, cancelUnlessLeft, cutStep } from './cut-step.ts'
import { advance, resume } from './run.ts'
import type { RunInput, RunState } from './run.ts'
import { startAnew } from './takeover.ts'
import { sumUsage } from './usage.ts'

/**
 * A run that was taken up so many times more often than it finished steps is not tried again: it may be what kills the
 * nodes.
 */
const MAX_ATTEMPTS = 6

/** How often a source of tools may be waited for, as long as it thinks decent, when it carries a task out. */
const TASK_WAITS = 6

/**
 * Drives one attempt at a run to its end, or until a person has to decide, from wherever the attempt before it was cut.
 *
 * @returns the run that starts in its place, if one waited
 * @throws {FencedError} when another attempt has the run, or it was given up
 */
export async function driveRun(run: Run, all: RunDeps, signals: RunSignals): Promise<Run | null> {
  const deps = { ...all, tools: all.tools.of(run.userId) }
  const { maxSteps } = deps.settings
  const loaded = await loadDrive(run, deps)
  const { steps, calls, question, caller, kept, stepStart, earlier, joined, toolsOff } = loaded
  const payer = { userId: run.userId, keyId: run.keyId }
  const { recorder, answer } = openRecorder(run, deps, signals.lose, kept, stepStart)
  let cut = cutStep(run, steps.length, kept.slice(stepStart))
  const endOfCalls = firstAbort(signals.stop, signals.lose)
  const endOfAsking = firstAbort(endOfCalls, signals.leave)
  let lastStep: Omit<Step, 'partsEnd'> | null = null
  let wantsSummary = false
  const notes = new Set<string>()

  const put = (stored: StoredCall) => {
    calls[calls.findIndex(({ call }) => call.id === stored.call.id)] = stored
    return stored
  }
  for (const stored of calls) {
    // The server knows how one goes on that it carries out as a task.
    const call = stored.owner || stored.task ? stored.call : recovered(stored.call)
    if (call !== stored.call) {
      put(await recorder.call({ ...stored, call }))
    } else if (openQuestion(call)) {
      put(await closeQuestions(stored, recorder))
    }
  }
  const offer = new Offer(run, deps, recorder, question.request.systemPrompt, toolsOff)
  let state: RunState = resume(steps.length, ids(calls, isOpen), ids(calls, isAwaiting), maxSteps)
  const apply = (input: RunInput) => {
    state = advance(state, input, maxSteps)
  }

  /** Returns true when what was cut cannot be gone on with. */
  const ask = async (step: number): Promise<boolean> => {
    if (step > 0 && (await recorder.isSteered())) {
      joined.push(...(await tellJoined(deps, run, await recorder.join())))
    }
    const current = currentMessages(answer.parts, run, { steps, calls, earlier, joined })
    const written = steps.reduce((sum, { usage }) => sum + (usage?.outputTokens ?? 0), 0)
    const request = { ...question.request, ...(await offer.next(endOfAsking)) }
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
    let now = stored
    const isStopping = () => signals.stop.aborted || state.phase === 'stopping'
    if (isOpen(stored) && !isStopping()) {
      // After a start, servers that offer tools are still on their way.
      await deps.tools.prepare(run.userId, endOfCalls)
      await deps.tools.untilPresent(stored.call.name, endOfCalls)
      // A task goes on while its server cannot be reached: that is waited for longer.
      for (let waits = 0; stored.task && waits < TASK_WAITS; waits += 1) {
        if (deps.tools.info(stored.call.name) || endOfCalls.aborted) break
        await deps.tools.untilBack([stored.call.name], endOfCalls)
      }
      signals.lose.throwIfAborted()
    }
    if (!isStopping()) {
      if (now.call.status === 'pending') {
        now = put(await recorder.call(begin(now, deps)))
      }
      // The tool may have become another one while that was written, or since the attempt that a crash cut.
      const again = now.call.status === 'running' ? askedFirst(now, deps.tools) : null
      if (again) {
        now = put(await recorder.call(again))
      }
    }
    const stopping = isStopping()
    if (stopping && !isSettled(now) && (now.call.status !== 'running' || isWithClient(now.call))) {
      now = put(await recorder.call({ ...now, call: neverBegan(now.call) }))
    }
    if (now.call.status === 'running') {
      const current = now
      await using progress = new ProgressRecord(now, recorder)
      const call = await carryOut(
        now.call,
        deps,
        {
          caller,
          run: { sessionId: run.sessionId, keyId: run.keyId },
          signal: endOfCalls,
          onProgress: (reached) => progress.record(reached),
          ask: (asked, over = endOfCalls) =>
            askPerson(asked, current, {
              recorder,
              deps,
              over: AbortSignal.any([over, endOfCalls]),
            }),
          task: {
            known: now.task ?? null,
            goesOn: () => signals.lose.aborted,
            record: (task) => recorder.task(current.call.id, task),
          },
        },
        Boolean(now.task),
      )
      signals.lose.throwIfAborted()
      await progress.close()
      put(await recorder.call({ ...now, call }))
    }
    if (stopping) {
      apply({ type: 'stopped' })
    }
    apply({ type: isAwaiting(now) ? 'asked-again' : 'settled', call: stored.call.id })
  }

  /** Goes to wait for a person, unless one has decided, or stopped the run, meanwhile. */
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

  if (run.attempt > MAX_ATTEMPTS + steps.length) {
    cancelCut(cut, deps)
    for (const stored of calls.filter((one) => isOpen(one) || isAwaiting(one))) {
      put(await recorder.call({ ...stored, call: givenUp(stored.call) }))
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
          {
            wantsSummary,
            notes: [...notes],
          },
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
        // Another attempt may begin when this one is over, so none of them goes on when one could not be recorded.
        await Promise.allSettled(settling)
        await Promise.all(settling)
        break
      }
    }
  }
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
