import type { Endpoint } from '../adapter.ts'
import { tryOnce } from './attempt.ts'
import type { AttemptPlan, AttemptSettings } from './attempt.ts'
import { pause } from '../clock.ts'
import { ContinuedOutlet, tellsApart } from './continued-outlet.ts'
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
import type { LogIds } from '../../log-ids.ts'
import { ReplayedOutlet } from './replayed-outlet.ts'

export type StreamSettings = AttemptSettings & {
  endpoint: Endpoint
  hasKey: boolean
  /** True when answers are written in the provider's background, if the API supports it. */
  background: boolean
  /** From 0 to 1: spreads the retries of many runs. */
  random: () => number
  /** Cancels an answer that the provider writes in the background; never rejects. */
  cancel: (generation: Generation) => Promise<void>
  /** Remembers the parameters that this endpoint refused. */
  refusals: RefusalMemory
  /** Gets an unexpected failure, of which people read only that something went wrong. */
  onInternal: (cause: unknown, about?: LogIds) => void
}

/**
 * Asks the provider for one step until it is answered or has finally failed: it retries before the first delta, has its
 * own timers (the client's end with the first byte), and yields exactly one ending (the client ends silently on a clean
 * cut, on an empty stream and on an abort).
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
  const replayed =
    background || goes?.type === 'replayed'
      ? new ReplayedOutlet(outlet, step.cut?.texts ?? [])
      : null
  const altered = prefix === null ? replayed : new ContinuedOutlet(outlet, prefix)
  let generation = goes?.type === 'replayed' ? goes.generation : null
  let retries = 0
  let reopened = 0
  let replayedSoFar = replayed?.length ?? 0
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
      // Only an answer proves that the changes of the request were right.
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
      if (prefix !== null && tellsApart(prefix)) {
        refusals.learn(step.model, [{ refusal: 'prefix' }])
      }
      return gone()
    }
    const { failure, answered } = attempt
    // An answer that makes progress each time may be read again any number of times.
    if ((replayed?.length ?? 0) > replayedSoFar) reopened = 0
    replayedSoFar = replayed?.length ?? 0
    if (generation && isOnlyCutOff(failure) && reopened < MAX_REOPENED) {
      reopened += 1
      await pause(clock, REOPEN_MS * 2 ** reopened * (0.75 + random() / 2), signal)
      continue
    }
    if (plan.reopen && isLost(failure)) {
      if (replayed?.empty !== true) return gone()
      void settings.cancel(plan.reopen)
      generation = null
      continue
    }
    // The kept answer has failed at the provider, so another one is asked for.
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
    const wait =
      answered || replayed?.empty === false ? null : retryDelay(failure, retries, random())
    if (wait === null) {
      if (failure.type === 'internal') settings.onInternal(failure.cause, step.about)
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

/** True when the provider repeats its error although the request was changed: the error meant something else. */
function repeats({ refusal, fault }: Found, { message, param }: ProviderFault): boolean {
  // Two tools with the same defect cause the same message with the same `param`, so the refusal of a tool never counts
  // as repeated.
  return !isTool(refusal) && fault.message === message && fault.param === param
}

/** If a provider refuses tool after tool, all tools are left out. */
function tooManyOfOne(found: readonly Found[], refusal: Refusal): Refusal {
  const tools = found.filter((one) => isTool(one.refusal)).length
  return isTool(refusal) && tools >= MAX_REFUSED_TOOLS ? 'tools' : refusal
}

function isTool(refusal: Refusal): boolean {
  return refusal.startsWith('tool ')
}

const MAX_REFUSED_TOOLS = 16
/** The most changes of a step's request after refusals. */
const MAX_REFUSALS = 24
/** The most times that a stored answer is read again without anything new in it. */
const MAX_REOPENED = 5
const REOPEN_MS = 100
