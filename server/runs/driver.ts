import type { Run } from '../../db/runs.ts'
import { type Step, stepsOfRuns } from '../../db/steps.ts'
import { findSession } from '../../db/sessions.ts'
import { type StoredCall, callsOfRuns } from '../../db/tool-calls.ts'
import { findUser } from '../../db/users.ts'
import type { ModelStep } from '../model/port.ts'
import { carryOut, newCall, recovered } from './calls.ts'
import { conversationBefore, stepMessages } from './context.ts'
import { FencedError, type RunDeps, type RunSignals } from './deps.ts'
import { openRecorder } from './recorder.ts'
import { type RunInput, type RunState, advance, resume } from './run.ts'
import { type StepResult, askModel } from './step.ts'
import { sumUsage } from './usage.ts'

/** A run that was taken up this often is not tried again: it may be what kills the nodes. */
const MAX_ATTEMPTS = 6

/**
 * Drives one attempt at a run to its end, from wherever the attempt before it was cut.
 *
 * @returns the run that starts in its place, if one waited
 * @throws {FencedError} when another attempt has the run
 */
export async function driveRun(run: Run, deps: RunDeps, signals: RunSignals): Promise<Run | null> {
  const { maxSteps } = deps.settings
  const { steps, calls, request, conversation, caller } = await load(run, deps)
  const { recorder, answer } = await openRecorder(run, deps, steps.at(-1)?.partsEnd ?? 0)
  const either = AbortSignal.any([signals.stop, signals.lose])
  for (const [index, stored] of calls.entries()) {
    const call = recovered(stored.call)
    if (call !== stored.call) {
      calls[index] = await recorder.call(stored, call)
    }
  }
  let lastStep: Omit<Step, 'partsEnd'> | null = null
  let state: RunState = resume(
    steps,
    calls.filter(isOpen).map(({ call }) => call.id),
    maxSteps,
  )
  const apply = (input: RunInput) => {
    state = advance(state, input, maxSteps)
  }

  const ask = async (step: number) => {
    const messages = [...conversation, ...stepMessages(answer.parts, steps, calls)]
    const result = await askModel(deps.model, { ...request, messages }, recorder, either)
    signals.lose.throwIfAborted()
    if (signals.stop.aborted || result.end.type === 'aborted') {
      return apply({ type: 'stopped' })
    }
    if (result.end.type === 'failed') {
      return apply({ type: 'failed', error: result.end.error })
    }
    const finished = toStep(step, result, result.end.finish)
    if (result.end.calls.length === 0) {
      lastStep = finished
    } else {
      calls.push(
        ...(await recorder.step(
          finished,
          result.end.calls.map((asked) => newCall(deps, asked)),
        )),
      )
      steps.push({ ...finished, partsEnd: answer.parts.length })
    }
    const open = calls.filter((call) => call.step === step).map(({ call }) => call.id)
    apply({ type: 'answered', finish: result.end.finish, calls: open })
  }

  const settle = async (stored: StoredCall) => {
    if (isOpen(stored)) {
      calls[calls.indexOf(stored)] = await carryOut(stored, recorder, deps, caller, signals)
    }
    if (signals.stop.aborted) {
      apply({ type: 'stopped' })
    }
    apply({ type: 'settled', call: stored.call.id })
  }

  if (run.attempt > MAX_ATTEMPTS) {
    return recorder.end(
      { outcome: 'interrupted', finish: null, error: null },
      sumUsage(steps, null),
      null,
    )
  }
  for (;;) {
    signals.lose.throwIfAborted()
    if (state.phase === 'ended') {
      return recorder.end(state.ending, sumUsage(steps, lastStep), lastStep)
    }
    if (state.phase === 'asking') {
      await (signals.stop.aborted ? apply({ type: 'stopped' }) : ask(state.step))
    } else {
      const { open } = state
      await Promise.all(calls.filter(({ call }) => open.includes(call.id)).map(settle))
    }
  }
}

async function load(run: Run, deps: RunDeps) {
  const { db } = deps.database
  const session = await findSession(db, run.userId, run.sessionId)
  const user = await findUser(db, run.userId)
  if (!session || !user) {
    throw new FencedError()
  }
  const request: Omit<ModelStep, 'messages'> = {
    model: run.model,
    temperature: deps.settings.temperature,
    maxTokens: deps.settings.maxTokens,
    systemPrompt: session.systemPrompt ?? deps.settings.systemPrompt,
    tools: deps.tools
      .list()
      .map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
  }
  return {
    request,
    caller: { id: user.id, admin: user.role === 'admin' },
    steps: (await stepsOfRuns(db, [run.id])).get(run.id) ?? [],
    calls: (await callsOfRuns(db, [run.id])).get(run.id) ?? [],
    conversation: await conversationBefore(db, run),
  }
}

function isOpen({ call }: Pick<StoredCall, 'call'>): boolean {
  return call.status === 'running' || call.status === 'pending'
}

function toStep(step: number, result: StepResult, finish: string): Omit<Step, 'partsEnd'> {
  return {
    step,
    model: result.model,
    finish,
    usage: result.usage,
    providerState: result.providerState,
  }
}
