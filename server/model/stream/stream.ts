import type { Endpoint } from '../adapter.ts'
import { tryOnce } from './attempt.ts'
import type { AttemptPlan, AttemptSettings } from './attempt.ts'
import { pause } from '../clock.ts'
import { ContinuedOutlet } from './continued-outlet.ts'
import { deltasFrom } from './delta-queue.ts'
import type { DeltaOutlet } from './delta-queue.ts'
import { toRunError } from '../failure/errors.ts'
import { goingOn, isLost, isOnlyCutOff, refusesPrefix } from './going-on.ts'
import type { Generation, ModelDelta, ModelStep } from '../port.ts'
import { prepareStep } from '../request/prepared-step.ts'
import { contextWindowIn } from '../failure/provider-fault.ts'
import type { ProviderFault } from '../failure/provider-fault.ts'
import type { RefusalMemory } from '../failure/refusal-memory.ts'
import { knownRefusals } from '../catalog/model-families.ts'
import { refusedBy } from '../failure/refusals.ts'
import type { Refusal } from '../failure/refusals.ts'
import { retryDelay } from '../failure/retry.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import { RetoldOutlet } from './retold-outlet.ts'

export type StreamSettings = AttemptSettings & {
  endpoint: Endpoint
  hasKey: boolean
  /** Answers are written in the provider's background, where the API has one. */
  background: boolean
  /** From 0 to 1: spreads the retries of many runs. */
  random: () => number
  /** Ends an answer that the provider writes by itself; never fails. */
  cancel: (generation: Generation) => Promise<void>
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
  const background = settings.background && step.mayOutlive === true
  const known = [...knownRefusals(endpoint.kind, step.model), ...refusals.of(step.model)]
  const found: Found[] = []
  const tried = new Set<Refusal>()
  const goes = step.cut ? goingOn(step.cut, { adapter, endpoint, refused: new Set(known) }) : null
  const prefix = goes?.type === 'prefix' ? goes.prefix : null
  const retold =
    background || goes?.type === 'retold' ? new RetoldOutlet(outlet, step.cut?.texts ?? []) : null
  const altered = prefix === null ? retold : new ContinuedOutlet(outlet, prefix)
  let generation = goes?.type === 'retold' ? goes.generation : null
  let retries = 0
  let reopened = 0
  let toldSoFar = retold?.length ?? 0
  const end = (error: RunError, more: object = {}): void => {
    outlet.push({ type: 'error', error, ...more })
  }
  const gone = (): void =>
    end(toRunError({ type: 'cut' }, endpoint, { hasKey }), step.cut ? { isGone: true } : {})
  if (step.cut && !goes) return gone()
  for (;;) {
    if (signal.aborted) return
    const left = new Set([...known, ...found.map(({ refusal }) => refusal)])
    const plan: AttemptPlan = {
      prepare: () => prepareStep(step, endpoint, left, { background, prefix }),
      reopen: generation,
      // Only an answer tells that what was left out, or sent as well, is what the provider meant.
      onAnswered: () => refusals.learn(step.model, found),
      onResponseId: (id) => {
        if (generation?.id === id) return
        generation = { api: 'responses', host: endpoint.host, id }
        outlet.push({ type: 'generation', generation })
      },
    }
    altered?.again()
    const attempt = await tryOnce(settings, plan, altered ?? outlet, signal)
    if (attempt.type === 'done' || signal.aborted) return
    if (attempt.type === 'diverged') {
      if (prefix !== null) refusals.learn(step.model, [{ refusal: 'prefix' }])
      return gone()
    }
    const { failure, answered } = attempt
    // One that goes on each time is opened again however often it is cut.
    if ((retold?.length ?? 0) > toldSoFar) reopened = 0
    toldSoFar = retold?.length ?? 0
    if (generation && isOnlyCutOff(failure) && reopened < MAX_REOPENED) {
      reopened += 1
      await pause(clock, REOPEN_MS * 2 ** reopened * (0.75 + random() / 2), signal)
      continue
    }
    if (plan.reopen && isLost(failure)) {
      if (retold?.empty !== true) return gone()
      void settings.cancel(plan.reopen)
      generation = null
      continue
    }
    // That answer has failed by itself: another may be asked for.
    generation = null
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
    if (prefix !== null && !answered && refusesPrefix(failure)) {
      refusals.learn(step.model, [{ refusal: 'prefix' }])
      return gone()
    }
    const wait = answered || retold?.empty === false ? null : retryDelay(failure, retries, random())
    if (wait === null) {
      if (failure.type === 'internal') settings.onInternal(failure.cause)
      for (const usage of attempt.usage) outlet.push(usage)
      const window = failure.type === 'fault' ? contextWindowIn(failure.fault) : null
      const error = toRunError(failure, endpoint, { hasKey, model: step.model })
      return end(error, window === null ? {} : { contextWindow: window })
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
/** So often an answer that the provider writes by itself is opened again without anything new of it. */
const MAX_REOPENED = 5
const REOPEN_MS = 100
