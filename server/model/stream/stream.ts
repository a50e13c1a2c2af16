import type { Endpoint } from '../adapter.ts'
import { tryOnce } from './attempt.ts'
import type { AttemptSettings } from './attempt.ts'
import { pause } from '../clock.ts'
import { deltasFrom } from './delta-queue.ts'
import type { DeltaOutlet } from './delta-queue.ts'
import { toRunError } from '../failure/errors.ts'
import type { ModelDelta, ModelStep } from '../port.ts'
import { prepareStep } from '../request/prepared-step.ts'
import { contextWindowIn } from '../failure/provider-fault.ts'
import type { ProviderFault } from '../failure/provider-fault.ts'
import type { RefusalMemory } from '../failure/refusal-memory.ts'
import { knownRefusals } from '../catalog/model-families.ts'
import { refusedBy } from '../failure/refusals.ts'
import type { Refusal } from '../failure/refusals.ts'
import { retryDelay } from '../failure/retry.ts'

export type StreamSettings = AttemptSettings & {
  endpoint: Endpoint
  hasKey: boolean
  /** From 0 to 1: spreads the retries of many runs. */
  random: () => number
  /** Parameters that this endpoint has refused before. */
  refusals: RefusalMemory
  /** Called with an unexpected failure; the user reads only that something went wrong. */
  onInternal: (cause: unknown) => void
}

/**
 * One step, asked of the provider until it is answered or given up: retries before the first delta, timers of its own
 * (the client's ends with the first byte), and exactly one ending, because the client ends silently on a clean cut,
 * on an empty stream and on an abort.
 */
export function streamStep(
  settings: StreamSettings,
  step: ModelStep,
  signal: AbortSignal,
): AsyncIterableIterator<ModelDelta, void> {
  return deltasFrom((outlet, leaving) => ask(settings, step, outlet, leaving), signal)
}

async function ask(
  settings: StreamSettings,
  step: ModelStep,
  outlet: DeltaOutlet,
  signal: AbortSignal,
): Promise<void> {
  const { adapter, clock, endpoint, hasKey, random, refusals } = settings
  const known = [...knownRefusals(endpoint.kind, step.model), ...refusals.of(step.model)]
  const found: Found[] = []
  const tried = new Set<Refusal>()
  let retries = 0
  for (;;) {
    if (signal.aborted) return
    const left = new Set([...known, ...found.map(({ refusal }) => refusal)])
    // Only an answer tells that what was left out, or sent as well, is what the provider meant.
    const learn = () => refusals.learn(step.model, found)
    const prepare = () => prepareStep(step, endpoint, left)
    const attempt = await tryOnce(settings, prepare, outlet, signal, learn)
    if (attempt.type === 'done' || signal.aborted) return
    const { failure, answered } = attempt
    if (failure.type === 'fault' && !answered && found.length + tried.size < MAX_REFUSALS) {
      const { fault } = failure
      const last = found.at(-1)
      if (last && repeats(last, fault)) {
        found.pop()
        tried.add(last.refusal)
        left.delete(last.refusal)
      }
      const refusal = refusedBy(fault, { ...attempt.asked, api: adapter.api, refused: left }, tried)
      if (refusal) {
        found.push({ refusal: tooManyOfOne(found, refusal), fault })
        continue
      }
    }
    const wait = answered ? null : retryDelay(failure, retries, random())
    if (wait === null) {
      if (failure.type === 'internal') settings.onInternal(failure.cause)
      for (const usage of attempt.usage) outlet.push(usage)
      const window = failure.type === 'fault' ? contextWindowIn(failure.fault) : null
      const error = toRunError(failure, endpoint, { hasKey, model: step.model })
      outlet.push({ type: 'error', error, ...(window !== null && { contextWindow: window }) })
      return
    }
    retries += 1
    const why = toRunError(failure, endpoint, { hasKey, model: step.model })
    outlet.push({ type: 'retry', waitMs: wait, error: why })
    await pause(clock, wait, signal)
  }
}

type Found = { refusal: Refusal; fault: ProviderFault }

/**
 * True when the provider repeats its error although the request was changed accordingly: the error meant something
 * else.
 */
function repeats({ refusal, fault }: Found, { message, param }: ProviderFault): boolean {
  // Two tools with the same defect cause the same message with the same `param`, so a tool's refusal is no repetition.
  return !isTool(refusal) && fault.message === message && fault.param === param
}

/** A provider that refuses tool after tool is asked without any. */
function tooManyOfOne(found: readonly Found[], refusal: Refusal): Refusal {
  const tools = found.filter((one) => isTool(one.refusal)).length
  return isTool(refusal) && tools >= MAX_REFUSED_TOOLS ? 'tools' : refusal
}

function isTool(refusal: Refusal): boolean {
  return refusal.startsWith('tool ')
}

const MAX_REFUSED_TOOLS = 16
/** The most changes of one step's request after refusals. */
const MAX_REFUSALS = 24
