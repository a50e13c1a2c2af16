/**
 * The meaning of a provider's finish reason. Only known reasons for a normal end make an answer complete, because an
 * unknown one may mean that the provider broke off.
 */
export type FinishKind = 'done' | 'length' | 'content-filter' | 'broken'

const REASONS: Record<Exclude<FinishKind, 'broken'>, readonly string[]> = {
  done: [
    'stop',
    'stop_sequence',
    'end',
    'end_turn',
    'eos',
    'eos_token',
    'complete',
    'completed',
    'done',
    'finished',
    'normal',
    'success',
    'tool_call',
    'tool_calls',
    'tool_use',
    'function_call',
    'function_calls',
  ],
  length: [
    'length',
    'max_length',
    'max_tokens',
    'max_new_tokens',
    'max_output_tokens',
    'max_completion_tokens',
    'max_token',
    'token_limit',
    'model_length',
    'context_length',
    'context_length_exceeded',
    'model_context_window_exceeded',
    'length_limit',
  ],
  'content-filter': [
    'content_filter',
    'content_filtered',
    'content_policy',
    'content_policy_violation',
    'safety',
    'image_safety',
    'sensitive',
    'recitation',
    'blocklist',
    'prohibited_content',
    'spii',
    'refusal',
    'blocked',
    'moderation',
    'guardrail_intervened',
    'error_toxic',
    'language',
  ],
}

const KINDS = new Map(
  (['done', 'length', 'content-filter'] as const).flatMap((kind) =>
    REASONS[kind].map((reason) => [reason, kind] as const),
  ),
)

/** @param reason as the provider wrote it: upper case, hyphens and a prefix do not matter */
export function finishKind(reason: string): FinishKind {
  const plain = reason
    .trim()
    .toLowerCase()
    .replaceAll('-', '_')
    .replace(/^(finish_?reason_|finishreason\.)/, '')
  return KINDS.get(plain) ?? 'broken'
}

/** The sentence about a finish reason that does not mean a complete answer. */
export function brokenOffWith(reason: string): string {
  return `the answer was broken off (${reason.slice(0, 100)})`
}
