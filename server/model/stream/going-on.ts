import type { Adapter, Endpoint } from '../adapter.ts'
import { isContextTooLong } from '../failure/provider-fault.ts'
import type { Failure } from '../failure/failure.ts'
import type { Refusal } from '../failure/refusals.ts'
import type { CutAnswer, Generation } from '../port.ts'

/** How an answer that was cut is gone on with. */
export type GoingOn =
  /** The provider has all of it. */
  | { type: 'retold'; generation: Generation }
  /** The model is given its beginning. */
  | { type: 'prefix'; prefix: string }

type Known = { adapter: Adapter; endpoint: Endpoint; refused: ReadonlySet<Refusal> }

/** Null where it cannot be gone on with: then the step is asked anew. */
export function goingOn(cut: CutAnswer, { adapter, endpoint, refused }: Known): GoingOn | null {
  const { generation, texts } = cut
  if (generation) {
    const isHere = generation.api === adapter.api && generation.host === endpoint.host
    return isHere && adapter.reopen ? { type: 'retold', generation } : null
  }
  const [text, ...more] = texts
  // A thought cannot be begun for a model, and what comes behind one depends on it.
  if (text?.kind !== 'text' || more.length > 0 || text.text.trim() === '') return null
  // OpenAI's own models answer anew, and the demo model is not to be told how.
  const mayGoOn = adapter.api === 'chat' && endpoint.kind === 'compatible'
  return mayGoOn && !refused.has('prefix') ? { type: 'prefix', prefix: text.text } : null
}

/** The connection failed, and says nothing of the answer that the provider writes by itself. */
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

/** The provider has no such answer, or does not give it in time. */
export function isLost(failure: Failure): boolean {
  return failure.type === 'fault' ? !failure.fault.inStream : failure.type !== 'internal'
}

/** The server does not take a message of the assistant as the last one. */
export function refusesPrefix(failure: Failure): boolean {
  if (failure.type !== 'fault' || isContextTooLong(failure.fault)) return false
  const { message, status } = failure.fault
  if (status === 400 || status === 404 || status === 422) return true
  return status === 500 && /assistant|prefill|prefix|last message|role|template/i.test(message)
}
