import type OpenAI from 'openai'
import type { Endpoint } from './adapter.ts'
import type { Clock } from './clock.ts'
import { ModelPortError, toRunError } from './errors.ts'
import { failureOf, type Failure } from './failure.ts'
import { arrayOf, numberOf, objectOf, stringOf } from './json.ts'
import type { ModelInfo } from './port.ts'
import { watchProgress } from './progress-watch.ts'

type ListSettings = {
  client: OpenAI
  endpoint: Endpoint
  hasKey: boolean
  firstTokenSeconds: number
  clock: Clock
}

/** The models that the endpoint offers; throws a `ModelPortError` when it cannot be asked. */
export async function listModels(
  { client, endpoint, hasKey, firstTokenSeconds, clock }: ListSettings,
  signal?: AbortSignal,
): Promise<ModelInfo[]> {
  const controller = new AbortController()
  const stop = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal
  const watch = watchProgress(clock, stop)
  const fail = (failure: Failure, cause?: unknown): ModelPortError =>
    new ModelPortError(toRunError(failure, endpoint, { hasKey }), cause)
  watch.expect(firstTokenSeconds * 1000)
  try {
    const answer = await watch.race(client.get<unknown>('/models', { signal: stop }))
    if (answer.type === 'late') {
      throw fail({ type: 'first-token-timeout', seconds: firstTokenSeconds })
    }
    if (answer.type === 'aborted') throw fail({ type: 'internal', cause: stop.reason }, stop.reason)
    return readModels(answer.value) ?? throwError(fail({ type: 'unreadable', what: 'other' }))
  } catch (thrown) {
    if (thrown instanceof ModelPortError) throw thrown
    throw fail(failureOf(thrown, clock.now()), thrown)
  } finally {
    controller.abort()
  }
}

function readModels(answer: unknown): ModelInfo[] | null {
  const list = Array.isArray(answer) ? answer : (objectOf(answer).data ?? objectOf(answer).models)
  if (!Array.isArray(list)) return null
  return arrayOf(list).flatMap((value): ModelInfo[] => {
    const model = objectOf(value)
    const id = stringOf(model.id) || stringOf(model.name)
    const contextWindow = CONTEXT_FIELDS.map((field) => numberOf(model[field])).find(Boolean)
    return id ? [{ id, ...(contextWindow && { contextWindow }) }] : []
  })
}

/** OpenAI does not tell it; OpenRouter, Groq, vLLM, and Mistral with LM Studio each call it otherwise. */
const CONTEXT_FIELDS = ['context_length', 'context_window', 'max_model_len', 'max_context_length']

function throwError(error: Error): never {
  throw error
}
