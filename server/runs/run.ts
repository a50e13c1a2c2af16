import type { Finish } from '../../shared/contract/events.ts'
import type { RunError } from '../../shared/contract/errors.ts'
import type { CallId } from '../../shared/contract/ids.ts'
import type { Outcome } from '../../shared/contract/message.ts'

/**
 * A run as a pure state machine. It has no effects: `driver.ts` asks the model, carries out calls and writes the log as
 * the state says.
 */
export type RunState =
  /** The model is asked for the next step. */
  | { phase: 'asking'; step: number }
  /**
   * The calls of a step are carried out: those in `open` have no result yet, and those in `awaiting` are not begun
   * before a person approves them.
   */
  | { phase: 'calling'; step: number; open: readonly CallId[]; awaiting: readonly CallId[] }
  /** The run waits until a person decides about a call, or a client carries it out. */
  | { phase: 'waiting'; step: number; awaiting: readonly CallId[] }
  /** A person stopped the run while calls were open: they are brought to an end, and nothing new is begun. */
  | { phase: 'stopping'; open: readonly CallId[] }
  | { phase: 'ended'; ending: Ending }

export type Ending = { outcome: Outcome; finish: Finish | null; error: RunError | null }

export const STOPPED: Ending = { outcome: 'stopped', finish: null, error: null }

export type RunInput =
  /** The model finished a step. `open` are the calls it made, `awaiting` those of them that need an approval. */
  | {
      type: 'answered'
      finish: Exclude<Finish, 'max-steps'>
      open: readonly CallId[]
      awaiting: readonly CallId[]
    }
  /** A call has its result, of whatever kind. */
  | { type: 'settled'; call: CallId }
  /** A person approved a call: it may begin. */
  | { type: 'approved'; call: CallId }
  /** The tool of an approved call has changed: a person has to approve it again. */
  | { type: 'asked-again'; call: CallId }
  | { type: 'stopped' }
  | { type: 'failed'; error: RunError }

/**
 * @param maxSteps the most model calls of one run
 * @throws when the input is impossible in this state, which is a bug of the driver
 */
export function advance(state: RunState, input: RunInput, maxSteps: number): RunState {
  switch (state.phase) {
    case 'asking':
      return advanceAsking(state, input, maxSteps)
    case 'calling':
      return advanceCalling(state, input, maxSteps)
    case 'waiting':
      return advanceCalling({ ...state, phase: 'calling', open: [] }, input, maxSteps)
    case 'stopping':
      if (input.type === 'settled') {
        const open = without(state.open, input.call)
        return open.length > 0 ? { phase: 'stopping', open } : stopped
      }
      return input.type === 'stopped' ? state : impossible(state, input)
    case 'ended':
      return impossible(state, input)
  }
}

/**
 * The state in which the next attempt begins: after `steps` finished steps, with these calls still without a result.
 */
export function resume(
  steps: number,
  open: readonly CallId[],
  awaiting: readonly CallId[],
  maxSteps: number,
): RunState {
  return steps === 0 ? { phase: 'asking', step: 0 } : calling(steps - 1, open, awaiting, maxSteps)
}

function advanceAsking(
  state: Extract<RunState, { phase: 'asking' }>,
  input: RunInput,
  maxSteps: number,
): RunState {
  switch (input.type) {
    case 'answered':
      return input.open.length + input.awaiting.length > 0
        ? calling(state.step, input.open, input.awaiting, maxSteps)
        : { phase: 'ended', ending: { outcome: 'completed', finish: input.finish, error: null } }
    case 'stopped':
      return stopped
    case 'failed':
      return { phase: 'ended', ending: { outcome: 'failed', finish: null, error: input.error } }
    case 'settled':
    case 'approved':
    case 'asked-again':
      return impossible(state, input)
  }
}

function advanceCalling(
  state: Extract<RunState, { phase: 'calling' }>,
  input: RunInput,
  maxSteps: number,
): RunState {
  const { step, open, awaiting } = state
  switch (input.type) {
    case 'settled':
      return calling(step, without(open, input.call), without(awaiting, input.call), maxSteps)
    case 'approved':
      return { ...state, open: [...open, input.call], awaiting: without(awaiting, input.call) }
    case 'asked-again':
      return calling(step, without(open, input.call), [...awaiting, input.call], maxSteps)
    case 'stopped':
      return { phase: 'stopping', open: [...open, ...awaiting] }
    case 'answered':
    case 'failed':
      return impossible(state, input)
  }
}

function calling(
  step: number,
  open: readonly CallId[],
  awaiting: readonly CallId[],
  maxSteps: number,
): RunState {
  if (open.length > 0) {
    return { phase: 'calling', step, open, awaiting }
  }
  if (awaiting.length > 0) {
    return { phase: 'waiting', step, awaiting }
  }
  return step + 1 < maxSteps
    ? { phase: 'asking', step: step + 1 }
    : { phase: 'ended', ending: { outcome: 'completed', finish: 'max-steps', error: null } }
}

function without(calls: readonly CallId[], call: CallId): CallId[] {
  return calls.filter((other) => other !== call)
}

const stopped: RunState = { phase: 'ended', ending: STOPPED }

function impossible(state: RunState, input: RunInput): never {
  throw new Error(`a run that is ${state.phase} cannot be ${input.type}`)
}
