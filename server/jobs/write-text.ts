import type { RunError } from '../../shared/contract/errors.ts'
import type { Budget, Payer } from '../budget/planned-call.ts'
import { safeStream } from '../model/text/safe-stream.ts'
import { redactError } from '../model/redacted-error.ts'
import type { ModelPort, ModelStep, ModelUsage } from '../model/port.ts'
import type { TokenCounter } from '../model/token-counter.ts'

/** The model did not write what it was asked for. */
export class WritingError extends Error {
  readonly retryable: boolean

  constructor({ code, retryable }: Pick<RunError, 'code' | 'retryable'>, cause?: Error) {
    // The message contains only the code, because a provider's error text may repeat what it was sent.
    super(`the model did not write the text: ${code}`, { cause })
    this.name = 'WritingError'
    this.retryable = retryable
  }
}

/** Titles and summaries are shorter; reading stops after this many UTF-16 units. */
const MAX_TEXT_LENGTH = 20_000
/** A factor on the estimated tokens, which may be too low. */
const TOKEN_SAFETY_FACTOR = 1.3
const UNITS_PER_TOKEN = 3
const NOTHING: ModelUsage = { inputTokens: 0, outputTokens: 0 }

/** The same token counter and budget as for answers, because the same provider account pays. */
export type Writer = { model: ModelPort; budget: Budget; tokens: Pick<TokenCounter, 'estimate'> }

export type WritingOptions = {
  signal: AbortSignal
  /** The person and key whose budget is used. */
  payer: Payer
  /**
   * Called with the usage of the call when the provider reports it, also for a failed call.
   * @param model the model that answered, as the provider names it
   */
  onUsage(usage: ModelUsage, model: string): Promise<void>
}

/**
 * The complete text that the model answers with.
 * @throws {WritingError} when the model fails or the budget does not allow the call; when the signal aborts, its reason
 */
export async function writeText(
  { model, budget, tokens }: Writer,
  asked: Omit<ModelStep, 'tools'>,
  { signal, payer, onUsage }: WritingOptions,
): Promise<string> {
  const full = { ...asked, tools: [] }
  const planned = {
    inputTokens: Math.ceil(TOKEN_SAFETY_FACTOR * tokens.estimate(full.systemPrompt + textOf(full))),
    outputTokens: full.maxTokens,
  }
  const reserved = await budget.reserve({ model: full.model, payer, ...planned })
  if (!reserved.ok) {
    throw new WritingError(reserved.error)
  }
  const step = { ...full, maxTokens: reserved.reservation.outputTokens }
  // If this throws, the reservation stays, because the actual usage is unknown.
  const { text, usage, answering, error, cause } = await readText(model, step, signal)
  const outputTokens = Math.ceil(text.length / UNITS_PER_TOKEN)
  const guessed = error && text === '' ? NOTHING : { ...planned, outputTokens }
  await reserved.reservation.settle(usage ?? guessed)
  if (usage) {
    await onUsage(usage, answering)
  }
  if (error) {
    throw new WritingError(error, cause === undefined ? undefined : redactError(cause))
  }
  signal.throwIfAborted()
  if (text.trim() === '') {
    throw new WritingError({ code: 'provider_empty', retryable: true })
  }
  return text
}

async function readText(model: ModelPort, step: ModelStep, signal: AbortSignal) {
  let text = ''
  let usage: ModelUsage | null = null
  let answering = step.model
  let thrown: unknown
  const stream = safeStream(model, step, signal, (error) => {
    thrown = error
  })
  for await (const delta of stream) {
    if (delta.type === 'start') {
      answering = delta.model
    }
    if (delta.type === 'text') {
      text += delta.text
    }
    if (delta.type === 'usage') {
      usage = delta.usage
    }
    if (delta.type === 'error') {
      return { text, usage, answering, error: delta.error, cause: thrown }
    }
    if (text.length > MAX_TEXT_LENGTH) {
      break
    }
  }
  return { text, usage, answering, error: null, cause: undefined }
}

function textOf({ messages }: Pick<ModelStep, 'messages'>): string {
  return messages.map((message) => ('text' in message ? message.text : '')).join('\n')
}
