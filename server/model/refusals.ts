import { isContextTooLong, type ProviderFault } from './provider-fault.ts'

/**
 * What servers of the OpenAI family refuse although the API has it. Each refusal is met once with a 400, then
 * remembered for that endpoint and model; the request encoders leave out what stands in the set.
 */
export type Refusal =
  | 'temperature'
  | 'max-tokens'
  | 'max-completion-tokens'
  | 'max-output-tokens'
  | 'stream-options'
  | 'strict'
  | 'store'
  | 'encrypted-reasoning'
  | 'reasoning-summary'
  | 'reasoning-ids'
  | 'reasoning-replay'
  | 'long-call-ids'

type Row = {
  refusal: Refusal
  api: 'chat' | 'responses' | 'both'
  /** Matches the `param` of the error, or its message. */
  says: RegExp
  /** Only once this other one was tried and did not help. */
  after?: Refusal
}

const ROWS: Row[] = [
  { refusal: 'temperature', api: 'both', says: /\btemperature\b/i },
  // The message about `max_tokens` names `max_completion_tokens` as the cure, so what stands first in it counts.
  {
    refusal: 'max-completion-tokens',
    api: 'chat',
    says: /^(?:(?!\bmax_tokens\b)[^])*\bmax_completion_tokens\b/i,
  },
  {
    refusal: 'max-tokens',
    api: 'chat',
    says: /^(?:(?!\bmax_completion_tokens\b)[^])*\bmax_tokens\b/i,
  },
  { refusal: 'max-output-tokens', api: 'responses', says: /\bmax_output_tokens\b/i },
  { refusal: 'strict', api: 'responses', says: /\bstrict\b/i },
  {
    refusal: 'store',
    api: 'responses',
    says: /^store$|(unknown|unsupported|unrecognized|extra)\b.{0,40}\bstore\b/i,
  },
  { refusal: 'stream-options', api: 'chat', says: /\bstream_options\b|\binclude_usage\b/i },
  {
    refusal: 'encrypted-reasoning',
    api: 'responses',
    says: /^include\b|\bencrypted content is not supported/i,
  },
  { refusal: 'encrypted-reasoning', api: 'responses', says: /reasoning\.encrypted_content/i },
  {
    refusal: 'reasoning-summary',
    api: 'responses',
    says: /\breasoning\.summary\b|reasoning summar/i,
  },
  {
    refusal: 'reasoning-ids',
    api: 'responses',
    says: /\brs_\w+|item with id|'reasoning' was provided|\binput\[\d+\]\.id/i,
  },
  {
    refusal: 'reasoning-replay',
    api: 'responses',
    says: /\breasoning\b|encrypted|\brs_\w+|item with id/i,
    after: 'reasoning-ids',
  },
  {
    refusal: 'reasoning-replay',
    api: 'chat',
    says: /\breasoning(_content|_details)?\b|extra_content|thought_signature/i,
  },
  { refusal: 'long-call-ids', api: 'chat', says: /tool call id .*length of 9/i },
]

/** What the fault refuses, when it is something that can be left out and was not left out already. */
export function refusedBy(
  fault: ProviderFault,
  api: 'chat' | 'responses',
  refused: ReadonlySet<Refusal>,
): Refusal | null {
  if ((fault.status !== 400 && fault.status !== 422) || isContextTooLong(fault)) return null
  const row = ROWS.find(
    ({ refusal, api: of, says, after }) =>
      (of === api || of === 'both') &&
      !refused.has(refusal) &&
      (!after || refused.has(after)) &&
      ((fault.param !== '' && says.test(fault.param)) || says.test(fault.message)),
  )
  return row?.refusal ?? null
}

/**
 * What is known of OpenAI's own models without asking: it saves the first, failing request. A family that is not known
 * yet is asked with everything, and tells what it does not take.
 */
export function knownRefusals(kind: 'demo' | 'openai' | 'compatible', model: string): Refusal[] {
  if (kind !== 'openai') return ['reasoning-summary']
  return FAMILIES.find(({ named }) => named.test(model))?.refuses ?? []
}

const FAMILIES: { named: RegExp; refuses: Refusal[] }[] = [
  {
    named: /^(ft:)?(gpt-[34]|chatgpt|gpt-.*chat)/,
    refuses: ['encrypted-reasoning', 'reasoning-summary'],
  },
  { named: /^(ft:)?(o\d|gpt-5|codex)/, refuses: ['temperature'] },
]
