import type { StepUsage } from '../../../db/stored-values.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { CutAnswer, Generation, ModelUsage } from '../../model/port.ts'
import type { Payer } from '../../budget/planned-call.ts'
import { redactError } from '../../model/redacted-error.ts'
import type { RunDeps } from '../deps.ts'
import { fitStep } from './fit-step.ts'
import type { FittedStep, Question } from './fit-step.ts'
import type { RunRecorder } from '../recording/recorder.ts'
import { logStep } from '../lines.ts'
import { askModel } from '../step.ts'
import type { StepResult } from '../step.ts'

/** The payer of a step, and how it may go on elsewhere. */
type Paid = {
  payer: Payer
  cut: CutStep | null
  /** True when another attempt will go on with a step that this one leaves unfinished. */
  isLeft(): boolean
}

/**
 * The parts of a cut step that readers have seen, and the reservation for the answer with which the provider goes on.
 */
export type CutStep = { answer: CutAnswer; reserved: unknown }

export type PaidResult = Omit<StepResult, 'usage'> & {
  usage: StepUsage | null
  /** The number of turns that were left out of the request. */
  omitted: number
}

/** The most times that a request is shortened after the model refused it as too long. */
const MAX_SHORTENINGS = 3

/**
 * Asks for one step within three limits: the model's context window, the tokens of the run, and the day's budget.
 *
 * @param written tokens that the run's earlier steps wrote
 * @param number of the step in its run
 */
export async function askWithin(
  question: Question,
  { written, number, ...paid }: { written: number; number: number } & Paid,
  deps: RunDeps,
  recorder: RunRecorder,
  signal: AbortSignal,
): Promise<PaidResult> {
  const { maxOutputTokens } = deps.settings
  const left = maxOutputTokens === null ? Number.POSITIVE_INFINITY : maxOutputTokens - written
  const { model } = question.request
  if (left <= 0) {
    return refused(model, writtenOut(maxOutputTokens))
  }
  const maxTokens = Math.min(question.request.maxTokens, left)
  const limited = { ...question, request: { ...question.request, maxTokens } }
  for (let share = 1, shortened = 0; ; shortened += 1) {
    const fitted = await fitStep(limited, deps, share)
    const result = await askPaid(fitted, { number, ...paid }, deps, recorder, signal)
    const tooLong =
      result.end.type === 'failed' &&
      result.end.error.code === 'context_too_long' &&
      result.length === 0
    if (tooLong && fitted.canShrink && shortened < MAX_SHORTENINGS && !signal.aborted) {
      // The window that the model states counts. Without one it is known only that this request was too long.
      const asked = fitted.step.maxTokens
      const window = result.contextWindow ?? lessThan(fitted.likely, asked)
      if (window < fitted.likely + asked) {
        deps.catalog.learnContextWindow(model, window)
      } else {
        share *= 0.7
      }
      continue
    }
    if (maxTokens < question.request.maxTokens && hitLimit(result)) {
      return { ...result, end: failedBy(writtenOut(maxOutputTokens)) }
    }
    return result
  }
}

/** A window that is certainly smaller than the refused request: the longer of input and output is what gets shorter. */
function lessThan(read: number, written: number): number {
  return read > written ? Math.floor(read * 0.8) + written : Math.floor((read + written) / 2)
}

async function askPaid(
  fitted: FittedStep,
  { payer, cut, isLeft, number }: Paid & { number: number },
  deps: RunDeps,
  recorder: RunRecorder,
  signal: AbortSignal,
): Promise<PaidResult> {
  const { budget, catalog, tokens } = deps
  const call = {
    model: fitted.step.model,
    // Both an estimate and the count of another model's tokenizer may be a little too low.
    inputTokens: Math.ceil(fitted.likely * 1.15),
    outputTokens: fitted.step.maxTokens,
    payer,
  }
  const reserved = cut?.answer.generation
    ? { ok: true as const, reservation: budget.takeUp(call, cut.reserved) }
    : await budget.reserve(call)
  if (!reserved.ok) {
    return refused(fitted.step.model, reserved.error)
  }
  const { outputTokens: maxTokens, shortage, limited, receipt, settle } = reserved.reservation
  const step = {
    ...{ ...fitted.step, maxTokens, mayOutlive: true, about: recorder.ids },
    ...(cut && { cut: cut.answer }),
  }
  const mustKeep = limited || deps.settings.maxOutputTokens !== null
  const longest = mustKeep ? step.maxTokens * UNITS_PER_TOKEN + 1_000 : undefined
  const begun = !signal.aborted
  const since = performance.now()
  // If this throws, the reservation stays, because nobody knows how much of it the call used.
  const result = await askModel(
    deps.model,
    await deps.files.load(step, payer.userId),
    {
      text: (kind, text) => recorder.text(kind, text),
      waits: (wait) => recorder.waits(wait),
      generation: (at: Generation) => recorder.generation({ step: number, at, reserved: receipt }),
    },
    signal,
    (error) => deps.onError(redactError(error), 'the model port threw'),
    longest,
  )
  logStep(deps, number, result, since)
  const before = cut?.answer.generation ? lengthOf(cut.answer) : 0
  const used = begun ? usedBy(result, fitted.likely, before) : NOTHING
  // The attempt that takes up the provider's answer settles its reservation. If the provider has lost the answer, the
  // reservation counts in full.
  const isOpen =
    (result.end.type === 'aborted' && result.generation !== null && isLeft()) ||
    (result.end.type === 'gone' && Boolean(cut?.answer.generation))
  try {
    if (!isOpen) {
      await settle(used)
    }
    if (shortage && hitLimit(result)) {
      await shortage.note()
    }
  } catch (error) {
    // The whole reservation then counts: too much rather than too little.
    deps.onError(error, 'what a call of the model cost could not be recorded')
  }
  const { usage } = result
  const end = shortage && hitLimit(result) ? failedBy(shortage.error) : result.end
  if (!usage) {
    return { ...result, end, usage, omitted: fitted.omitted }
  }
  tokens.learn(step.model, fitted.basis, fitted.tokens, usage.inputTokens)
  const costUsd = await catalog.cost(step.model, usage)
  return { ...result, end, usage: { ...usage, costUsd }, omitted: fitted.omitted }
}

/**
 * The usage of a call, estimated if the provider reports none. A call that failed before its first text costs nothing.
 */
function usedBy(
  { usage, end, length: fresh }: StepResult,
  likely: number,
  before: number,
): ModelUsage {
  const length = before + fresh
  if (usage) {
    return usage
  }
  return (end.type === 'failed' || end.type === 'gone') && length === 0
    ? NOTHING
    : { inputTokens: likely, outputTokens: Math.ceil(length / 3) }
}

function lengthOf({ texts }: CutAnswer): number {
  return texts.reduce((length, { text }) => length + text.length, 0)
}

const NOTHING: ModelUsage = { inputTokens: 0, outputTokens: 0 }

/** Tokens are far shorter than this: only a provider that ignores its limit gets there. */
const UNITS_PER_TOKEN = 8

function failedBy(error: RunError): StepResult['end'] {
  return { type: 'failed', error }
}

function hitLimit({ end }: Pick<StepResult, 'end'>): boolean {
  return end.type === 'finished' && end.finish === 'length'
}

function writtenOut(limit: number | null): RunError {
  return {
    code: 'budget',
    message: `This answer has used up its ${limit} tokens (RUN_MAX_OUTPUT_TOKENS).`,
    retryable: false,
  }
}

function refused(model: string, error: RunError): PaidResult {
  return {
    end: failedBy(error),
    model,
    usage: null,
    providerState: null,
    length: 0,
    contextWindow: null,
    generation: null,
    notes: [],
    omitted: 0,
  }
}
