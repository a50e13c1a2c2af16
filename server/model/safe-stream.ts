import type { ModelDelta, ModelPort, ModelStep } from './port.ts'

/**
 * The deltas of a step from whatever port there is, kept to the port's promise: exactly one ending, and no exception.
 * An embedder's own port, or a bug, may throw at once, later, or in the middle, or stop without a word.
 *
 * @param onError is told what the port threw
 */
export async function* safeStream(
  model: Pick<ModelPort, 'stream'>,
  step: ModelStep,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): AsyncGenerator<ModelDelta, void> {
  let iterator: AsyncIterator<ModelDelta> | null = null
  try {
    iterator = model.stream(step, signal)[Symbol.asyncIterator]()
    for (;;) {
      const next = await iterator.next()
      if (next.done) break
      yield next.value
      if (next.value.type === 'finish' || next.value.type === 'error') return
    }
    if (!signal.aborted) yield failure('The model’s answer ended without an ending.')
  } catch (error) {
    iterator = null
    if (signal.aborted) return
    onError(error)
    yield failure('Something went wrong while the model was asked.')
  } finally {
    // Whoever leaves in the middle lets the port clean up; what goes wrong with that is no part of the answer.
    await iterator?.return?.().catch(onError)
  }
}

function failure(message: string): ModelDelta {
  return { type: 'error', error: { code: 'internal', message, retryable: true } }
}
