import type { Adapter, Endpoint } from '../adapter.ts'
import { isContextTooLong } from '../failure/provider-fault.ts'
import type { Failure } from '../failure/failure.ts'
import type { Refusal } from '../failure/refusals.ts'
import type { CutAnswer, Generation } from '../port.ts'

/** The ways to continue a cut answer. */
export type GoingOn =
  /** The provider kept the answer, so it is read again. */
  | { type: 'replayed'; generation: Generation }
  /** The model gets the beginning of its answer. */
  | { type: 'prefix'; prefix: string }

type Known = { adapter: Adapter; endpoint: Endpoint; refused: ReadonlySet<Refusal> }

/** Null when the answer cannot be continued: then the step is done anew. */
export function goingOn(cut: CutAnswer, { adapter, endpoint, refused }: Known): GoingOn | null {
  const { generation, texts } = cut
  if (generation) {
    const isHere = generation.api === adapter.api && generation.host === endpoint.host
    return isHere && adapter.reopen ? { type: 'replayed', generation } : null
  }
  const [text, ...more] = texts
  // No API takes the beginning of reasoning, and what follows reasoning depends on it.
  if (text?.kind !== 'text' || more.length > 0 || text.text.trim() === '') return null
  // OpenAI's own models begin another answer, and the demo model does not support it.
  const mayGoOn = adapter.api === 'chat' && endpoint.kind === 'compatible'
  return mayGoOn && !refused.has('prefix') ? { type: 'prefix', prefix: text.text } : null
}

/** True when only the connection failed, while the provider may go on with its answer in the background. */
export function isOnlyCutOff(failure: Failure): boolean {
  switch (failure.type) {
    case 'unreachable':
    case 'cut':
      return true
    case 'fault': {
      const { inStream, status } = failure.fault
      return !inStream && status !== null && (status === 429 || status >= 500)
    }
    default:
      return false
  }
}

/** True when the provider does not have the answer, or does not send it in time. */
export function isLost(failure: Failure): boolean {
  return failure.type === 'fault' ? !failure.fault.inStream : failure.type !== 'internal'
}

/** True when the server does not accept an assistant's message as the last one. */
export function refusesPrefix(failure: Failure): boolean {
  if (failure.type !== 'fault' || isContextTooLong(failure.fault)) return false
  const { message, status } = failure.fault
  if (status === 400 || status === 404 || status === 422) return true
  return status === 500 && /assistant|prefill|prefix|last message|role|template/i.test(message)
}
