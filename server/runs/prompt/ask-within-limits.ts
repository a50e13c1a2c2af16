import type { StepUsage } from '../../../db/stored-values.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { CutAnswer, Generation, ModelUsage } from '../../model/port.ts'
import type { Payer } from '../../budget/planned-call.ts'
import { redactError } from '../../model/redacted-error.ts'
import type { RunDeps } from '../deps.ts'
import { fitStep } from './fit-step.ts'
import type { FittedStep, Question } from './fit-step.ts'
import type { RunRecorder } from '../recorder.ts'
import { askModel } from '../step.ts'
import type { StepResult } from '../step.ts'

/** Whose tokens and money it takes. */
type Paid = {
  payer: Payer
  cut: CutStep | null
  /** Whether another attempt goes on with what is left unfinished here. */
  isLeft(): boolean
}

/** What an attempt that was cut had shown of the step, and what was set aside for what the provider goes on with. */
export type CutStep = { answer: CutAnswer; reserved: unknown }

export type PaidResult = Omit<StepResult, 'usage'> & {
  usage: StepUsage | null
  /** The number of turns that were left out of the request. */
  omitted: number
}

/** The most further shortenings after the model refused the conversation as too long. */
const MAX_SHORTENINGS = 3

/**
 * Asks for one step within the limits: of what the model reads, of what the run may write, and of the day's budget.
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
      // The model's own word counts; without it, it is known only that this was too much.
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

/** A window that is smaller than what was refused: by the longer of what was read and what might be written. */
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
    // Both an estimate and a tokenizer that is not the model's own may be a little too low.
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
  const step = { ...fitted.step, maxTokens, mayOutlive: true, ...(cut && { cut: cut.answer }) }
  const mustKeep = limited || deps.settings.maxOutputTokens !== null
  const longest = mustKeep ? step.maxTokens * UNITS_PER_TOKEN + 1_000 : undefined
  const begun = !signal.aborted
  // Should this throw, what was set aside stays: nobody knows how much of it the call used.
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
  const before = cut?.answer.generation ? lengthOf(cut.answer) : 0
  const used = begun ? usedBy(result, fitted.likely, before) : NOTHING
  // What the provider goes on with is settled by whoever takes it up; what it has lost counts in full.
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
    // Then all that was set aside counts: too much rather than too little.
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
 * The usage of a call, estimated where the provider reports none. A call that failed before its first word costs
 * nothing.
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

/** Far more than tokens take: only a provider that ignores its limit gets there. */
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
