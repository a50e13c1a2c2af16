import type OpenAI from 'openai'
import type { Endpoint } from '../adapter.ts'
import type { Clock } from '../clock.ts'
import { ModelPortError, toRunError } from '../failure/errors.ts'
import { failureOf } from '../failure/failure.ts'
import type { Failure } from '../failure/failure.ts'
import { arrayOf, numberOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ModelInfo } from '../port.ts'
import { ProgressWatch } from '../stream/progress-watch.ts'

type ListSettings = {
  client: OpenAI
  endpoint: Endpoint
  hasKey: boolean
  firstTokenSeconds: number
  clock: Clock
}

/**
 * The models that the endpoint offers, none when it has no such list; throws a `ModelPortError` when the request fails.
 */
export async function listModels(
  { client, endpoint, hasKey, firstTokenSeconds, clock }: ListSettings,
  signal?: AbortSignal,
): Promise<ModelInfo[]> {
  const controller = new AbortController()
  const stop = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal
  const watch = new ProgressWatch(clock)
  const fail = (failure: Failure, cause?: unknown): ModelPortError =>
    new ModelPortError(toRunError(failure, endpoint, { hasKey }), cause)
  const seconds = Math.min(firstTokenSeconds, LONGEST_SECONDS)
  watch.expect(seconds * 1000)
  try {
    const answer = await watch.race(client.get<unknown>('/models', { signal: stop }), stop)
    if (answer.type === 'late') {
      throw fail({ type: 'unreachable', reason: `no answer within ${seconds} s` })
    }
    if (answer.type === 'aborted') throw fail({ type: 'internal', cause: stop.reason }, stop.reason)
    return readModels(answer.value)
  } catch (thrown) {
    if (thrown instanceof ModelPortError) throw thrown
    const failure = failureOf(thrown, clock.now())
    if (failure.type === 'fault' && NO_LIST.includes(failure.fault.status)) return []
    throw fail(failure, thrown)
  } finally {
    controller.abort()
  }
}

function readModels(answer: unknown): ModelInfo[] {
  const list = Array.isArray(answer) ? answer : (objectOf(answer).data ?? objectOf(answer).models)
  const found = arrayOf(list).flatMap((value): ModelInfo[] => {
    const model = objectOf(value)
    const id = stringOf(model.id) || stringOf(model.name)
    const contextWindow = CONTEXT_FIELDS.map((field) => numberOf(model[field])).find(isSize)
    const sees = seesOf(model)
    const known = { ...(contextWindow && { contextWindow }), ...(sees !== null && { sees }) }
    return CHOOSABLE.test(id) ? [{ id, ...known }] : []
  })
  // Routers list a model once for each provider; the first entry counts.
  const seen = new Set<string>()
  return found.filter(({ id }) => !seen.has(id) && seen.add(id))
}

/** OpenRouter lists the kinds of input, Mistral has a field for pictures; OpenAI says nothing about them. */
function seesOf(model: JsonObject): boolean | null {
  const { vision } = objectOf(model.capabilities)
  if (typeof vision === 'boolean') return vision
  const taken = objectOf(model.architecture).input_modalities ?? model.input_modalities
  return Array.isArray(taken) ? taken.includes('image') : null
}

function isSize(value: number | undefined): boolean {
  return value !== undefined && value > 0
}

/** The model names that a session accepts. */
const CHOOSABLE = /^\P{Cc}{1,200}$/u

/**
 * The names of the field for the context window. OpenAI has none; OpenRouter, Groq, vLLM, and Mistral with LM Studio
 * each have their own.
 */
const CONTEXT_FIELDS = ['context_length', 'context_window', 'max_model_len', 'max_context_length']

/** The status codes of servers without a list of models. */
const NO_LIST: (number | null)[] = [404, 405, 501]
const LONGEST_SECONDS = 10
