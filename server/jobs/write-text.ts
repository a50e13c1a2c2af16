import type { RunError } from '../../shared/contract/errors.ts'
import type { ModelPort, ModelStep } from '../model/port.ts'

/** The model did not write what it was asked for. */
export class WritingError extends Error {
  readonly retryable: boolean

  constructor({ code, retryable }: Pick<RunError, 'code' | 'retryable'>) {
    // By its code alone: what a provider says may repeat what it was sent.
    super(`the model did not write the text: ${code}`)
    this.name = 'WritingError'
    this.retryable = retryable
  }
}

/** A longer text is none of those that are asked for here; no more of it is read. UTF-16 units. */
const LONGEST = 20_000

/**
 * The text that the model answers with, whole.
 *
 * @throws {WritingError} when it does not, and what the signal was aborted with
 */
export async function writeText(
  model: ModelPort,
  step: Omit<ModelStep, 'tools'>,
  signal: AbortSignal,
): Promise<string> {
  let text = ''
  for await (const delta of model.stream({ ...step, tools: [] }, signal)) {
    if (delta.type === 'text') {
      text += delta.text
    }
    if (delta.type === 'error') {
      throw new WritingError(delta.error)
    }
    if (text.length > LONGEST) {
      break
    }
  }
  signal.throwIfAborted()
  if (text.trim() === '') {
    throw new WritingError({ code: 'provider_empty', retryable: true })
  }
  return text
}
