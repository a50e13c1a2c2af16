import type { Endpoint, StepRequest } from './adapter.ts'
import { tryOnce, type AttemptSettings } from './attempt.ts'
import { pause } from './clock.ts'
import { toRunError } from './errors.ts'
import type { ModelDelta, ModelStep } from './port.ts'
import { contextWindowIn } from './provider-fault.ts'
import { knownRefusals, refusedBy, type Refusal } from './refusals.ts'
import { retryDelay } from './retry.ts'

export type StreamSettings = AttemptSettings & {
  endpoint: Endpoint
  hasKey: boolean
  /** From 0 to 1: spreads the retries of many runs. */
  random: () => number
  /** What this endpoint refused, by model; it is written to when something new is refused. */
  refused: Map<string, Set<Refusal>>
  /** Is told of a failure that nobody foresaw: the person reads only that something went wrong. */
  onInternal: (cause: unknown) => void
}

/**
 * One step, asked of the provider until it is answered or given up: retries before the first delta, timers of its own
 * (the client's ends with the first byte), and exactly one ending, because the client ends silently on a clean cut,
 * on an empty stream and on an abort.
 */
export async function* streamStep(
  settings: StreamSettings,
  step: ModelStep,
  signal: AbortSignal,
): AsyncGenerator<ModelDelta, void> {
  const { adapter, clock, endpoint, hasKey, random } = settings
  const refused = refusedOf(settings, step.model)
  let retries = 0
  for (;;) {
    if (signal.aborted) return
    const request: StepRequest = { step, endpoint, refused: new Set(refused) }
    const attempt = yield* tryOnce(settings, request, signal)
    if (attempt.type === 'done' || signal.aborted) return
    const { failure, answered } = attempt
    const refusal =
      failure.type === 'fault' && !answered
        ? refusedBy(failure.fault, adapter.api, request.refused)
        : null
    if (refusal) {
      refused.add(refusal)
      continue
    }
    const wait = answered ? null : retryDelay(failure, retries, random())
    if (wait === null) {
      if (failure.type === 'internal') settings.onInternal(failure.cause)
      yield* attempt.usage
      const window = failure.type === 'fault' ? contextWindowIn(failure.fault) : null
      const error = toRunError(failure, endpoint, { hasKey, model: step.model })
      yield { type: 'error', error, ...(window !== null && { contextWindow: window }) }
      return
    }
    retries += 1
    await pause(clock, wait, signal)
  }
}

function refusedOf({ refused, endpoint }: StreamSettings, model: string): Set<Refusal> {
  const known = refused.get(model)
  if (known) return known
  const begun = new Set(knownRefusals(endpoint.kind, model))
  refused.set(model, begun)
  return begun
}
