import type { Refusal } from './refusals.ts'

/** After this time a refused parameter is sent again, because the endpoint may accept it by now. */
const KEEP_MS = 60 * 60_000
/** The most models of one endpoint whose refusals are remembered. */
const MAX_MODELS = 1_000

/**
 * Remembers, for each model, the parameters that an endpoint refuses. Only a change that helped is remembered: the
 * request failed before it and was answered after it.
 */
export type RefusalMemory = {
  of(model: string): Refusal[]
  learn(model: string, refusals: readonly { refusal: Refusal }[]): void
}

/** @param now milliseconds */
export function rememberRefusals(now: () => number): RefusalMemory {
  const byModel = new Map<string, Map<Refusal, number>>()
  return {
    of: (model) =>
      [...(byModel.get(model) ?? [])].flatMap(([refusal, until]) =>
        until > now() ? [refusal] : [],
      ),
    learn(model, refusals) {
      if (refusals.length === 0) return
      const known = byModel.get(model) ?? new Map<Refusal, number>()
      byModel.delete(model)
      byModel.set(model, known)
      for (const [refusal, until] of known) if (until <= now()) known.delete(refusal)
      for (const { refusal } of refusals) known.set(refusal, now() + KEEP_MS)
      const oldest = byModel.keys().next()
      if (byModel.size > MAX_MODELS && !oldest.done) byModel.delete(oldest.value)
    },
  }
}
