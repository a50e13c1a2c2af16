import type { Adapter, StepRequest } from '../adapter.ts'
import type { ModelDelta, ModelStep } from '../port.ts'
import { prepareStep } from '../request/prepared-step.ts'
import { joinText } from '../text/well-formed-text.ts'
import { gather, stepOf } from './collect.ts'
import type { CollectedStep } from './collect.ts'

/** Decodes values as a stream would bring them, without a network. Ids are minted as `minted-0`, `minted-1`, …. */
export function decode(
  adapter: Adapter,
  values: unknown[],
  { marked = true, step = stepOf('hi') }: { marked?: boolean; step?: ModelStep } = {},
): CollectedStep & { fault: string | null } {
  const decoder = adapter.decoder(requestOf(step))
  const joiner = joinText()
  const deltas: ModelDelta[] = []
  for (const data of values) {
    const decoded = decoder.decode({ event: null, data })
    deltas.push(...decoded.deltas.flatMap((delta) => joiner.push(delta)))
    if (decoded.fault) return { ...gather(deltas), fault: decoded.fault.message }
  }
  deltas.push(...decoder.end({ marked }).flatMap((delta) => joiner.push(delta)))
  return { ...gather(deltas), fault: null }
}

export function requestOf(step: ModelStep, more: Partial<StepRequest> = {}): StepRequest {
  const endpoint = {
    baseUrl: 'http://localhost/v1',
    host: 'localhost',
    kind: 'compatible' as const,
  }
  return { ...prepareStep(step, endpoint, more.refused ?? new Set()), ...more }
}
