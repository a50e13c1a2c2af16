import type { Finish } from '../../shared/contract/events.ts'
import type { RunError } from '../../shared/contract/errors.ts'
import type { CallId } from '../../shared/contract/ids.ts'
import type { Outcome } from '../../shared/contract/message.ts'

/**
 * A run as a machine: what it waits for, and what comes of what happens. It does nothing itself; `driver.ts` asks the
 * model, carries out the calls and writes the log as the state says.
 */
export type RunState =
  /** The model is asked for the next step. */
  | { phase: 'asking'; step: number }
  /** The calls of a step are carried out; those in `open` have no result yet. */
  | { phase: 'calling'; step: number; open: readonly CallId[] }
  /** A person stopped the run while calls were open: they are brought to an end, and nothing new is begun. */
  | { phase: 'stopping'; open: readonly CallId[] }
  | { phase: 'ended'; ending: Ending }

export type Ending = { outcome: Outcome; finish: Finish | null; error: RunError | null }

export const STOPPED: Ending = { outcome: 'stopped', finish: null, error: null }

export type RunInput =
  /** The model finished a step. `calls` are those it made, to be carried out. */
  | { type: 'answered'; finish: Exclude<Finish, 'max-steps'>; calls: readonly CallId[] }
  /** A call has its result, whatever that is. */
  | { type: 'settled'; call: CallId }
  | { type: 'stopped' }
  | { type: 'failed'; error: RunError }

/**
 * @param maxSteps how many times the model may be asked in one run
 * @throws when the input cannot happen in this state: that is a bug of the driver
 */
export function advance(state: RunState, input: RunInput, maxSteps: number): RunState {
  switch (state.phase) {
    case 'asking':
      return advanceAsking(state.step, input)
    case 'calling':
      return advanceCalling(state, input, maxSteps)
    case 'stopping':
      if (input.type === 'settled') {
        const open = state.open.filter((call) => call !== input.call)
        return open.length > 0 ? { phase: 'stopping', open } : stopped
      }
      return input.type === 'stopped' ? state : impossible(state, input)
    case 'ended':
      return impossible(state, input)
  }
}

/** Where a run goes on that was cut after `steps` finished steps, with these calls still open. */
export function resume(
  steps: readonly { finish: string }[],
  open: readonly CallId[],
  maxSteps: number,
): RunState {
  const last = steps.at(-1)
  if (!last) {
    return { phase: 'asking', step: 0 }
  }
  return open.length > 0
    ? { phase: 'calling', step: steps.length - 1, open }
    : nextStep(steps.length, maxSteps)
}

function advanceAsking(step: number, input: RunInput): RunState {
  switch (input.type) {
    case 'answered':
      return input.calls.length > 0
        ? { phase: 'calling', step, open: input.calls }
        : { phase: 'ended', ending: { outcome: 'completed', finish: input.finish, error: null } }
    case 'stopped':
      return stopped
    case 'failed':
      return { phase: 'ended', ending: { outcome: 'failed', finish: null, error: input.error } }
    case 'settled':
      return impossible({ phase: 'asking', step }, input)
  }
}

function advanceCalling(
  state: Extract<RunState, { phase: 'calling' }>,
  input: RunInput,
  maxSteps: number,
): RunState {
  switch (input.type) {
    case 'settled': {
      const open = state.open.filter((call) => call !== input.call)
      return open.length > 0 ? { ...state, open } : nextStep(state.step + 1, maxSteps)
    }
    case 'stopped':
      return { phase: 'stopping', open: state.open }
    case 'answered':
    case 'failed':
      return impossible(state, input)
  }
}

function nextStep(step: number, maxSteps: number): RunState {
  return step < maxSteps
    ? { phase: 'asking', step }
    : { phase: 'ended', ending: { outcome: 'completed', finish: 'max-steps', error: null } }
}

const stopped: RunState = { phase: 'ended', ending: STOPPED }

function impossible(state: RunState, input: RunInput): never {
  throw new Error(`a run that is ${state.phase} cannot be ${input.type}`)
}
