import { isContextTooLong } from './provider-fault.ts'
import type { ProviderFault } from './provider-fault.ts'
import type { RefusedTool } from './refused-tools.ts'
import { READINGS } from './refusal-readings.ts'
import type { SentFormat } from '../request/output-format.ts'

/**
 * A deviation of a compatible server from OpenAI's API: a parameter that it refuses, or one that it requires in
 * addition. The request encoders follow the set of refusals, which `refusal-memory.ts` keeps for a while.
 */
export type Refusal =
  | 'temperature'
  | 'max-tokens'
  | 'max-completion-tokens'
  | 'max-output-tokens'
  | 'stream-options'
  | 'strict'
  | 'store'
  | 'background'
  /** The fields by which vLLM and SGLang continue the last message. */
  | 'continue-fields'
  /** Required: a mark on the message that is to be continued. */
  | 'unmarked-prefix'
  /** The model cannot continue a cut answer; it begins another one. */
  | 'prefix'
  | 'encrypted-reasoning'
  | 'reasoning-summary'
  | 'reasoning-ids'
  | 'reasoning-replay'
  | 'long-call-ids'
  /** The model takes no tools, and reads earlier calls as text. */
  | 'tools'
  /** Pictures, or PDFs, are replaced by a description. */
  | 'pictures'
  | 'pdfs'
  /** Files of tools follow behind the results. */
  | 'files-in-results'
  /**
   * The form of the answer is described in the prompt, in place of a schema, of `json_object`, or of any such field.
   */
  | 'json-schema'
  | 'json-object'
  | 'output-format'
  | RefusedSchema
  /** The system prompt is put into the first user message. */
  | 'system-role'
  /** Required: the reasoning of every earlier answer, not only of the current one. */
  | 'thoughts-left-out'
  /** Required: a signature on every call, also on calls that another model made. */
  | 'unsigned-calls'
  /** A limit of the number of tools, or of the answer's tokens. */
  | `more-tools-than-${number}`
  | `longer-answers-than-${number}`
  | RefusedTool

/** A schema that a provider refuses, identified by its digest. */
export type RefusedSchema = `schema ${string}`

/** The properties of a request on which the meaning of a refusal depends. */
export type Asked = {
  api: 'chat' | 'responses'
  refused: ReadonlySet<Refusal>
  /** The tools in the order of the request. */
  tools: readonly { name: string; refusal: RefusedTool }[]
  /** The limit of the answer in tokens. */
  maxTokens: number
  /** True when a result with files in it was sent. */
  withFilesInResults?: boolean
  /** The form of the answer that a field asked for. */
  format: SentFormat | null
}

/**
 * The change of the request that the fault asks for; null when it asks for none, or for one that was tried.
 *
 * @param tried changes that did not help: the fault stayed the same
 */
export function refusedBy(
  fault: ProviderFault,
  asked: Asked,
  tried: ReadonlySet<Refusal> = new Set(),
): Refusal | null {
  if (isContextTooLong(fault)) return null
  const { status } = fault
  const left = new Set([...asked.refused, ...tried])
  for (const { api, statuses = [], refusal } of READINGS) {
    if (api !== 'both' && api !== asked.api) continue
    if (status !== 400 && status !== 422 && (status === null || !statuses.includes(status))) {
      continue
    }
    const found = refusal(fault, { ...asked, refused: left })
    if (found && !left.has(found)) return found
  }
  return null
}

/** The smallest of the limits of one kind; null when there is none. */
export function leastOf(
  refused: ReadonlySet<Refusal>,
  kind: 'more-tools-than' | 'longer-answers-than',
): number | null {
  const limits = [...refused].flatMap((refusal) =>
    refusal.startsWith(`${kind}-`) ? [Number(refusal.slice(kind.length + 1))] : [],
  )
  return limits.length > 0 ? Math.min(...limits) : null
}
