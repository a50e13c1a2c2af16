import type { RunError } from '../../../shared/contract/errors.ts'
import type { Usage } from '../../../shared/contract/message.ts'
import type { AppendedEvent } from '../../log/events.ts'

/** An output item of a response. Each kind has its own further fields. */
export type Item = { type: string; id: string } & Record<string, unknown>

/** The fields of a response that do not change while it is written. */
export type ResponseFrame = {
  id: string
  createdAt: string
  model: string
  conversation: string
  request: Record<string, unknown>
}

export type ResponseStatus =
  | 'queued'
  | 'in_progress'
  | 'completed'
  | 'incomplete'
  | 'failed'
  | 'cancelled'

export type ResponseEnd = {
  usage: Usage | null
  error: RunError | null
  incomplete: string | null
  /** ISO 8601; null while the response is in progress, and when it did not complete. */
  completedAt?: string | null
}

export const NO_END: ResponseEnd = { usage: null, error: null, incomplete: null }

const INTERRUPTED = 'The answer was interrupted on the server and could not be finished.'

/** How a response ends with the run that wrote it. */
export function endOf(event: Extract<AppendedEvent, { type: 'end' }>): {
  status: ResponseStatus
  end: ResponseEnd
} {
  const { outcome, finish, error, usage } = event
  switch (outcome) {
    case 'stopped':
      return { status: 'cancelled', end: { ...NO_END, usage } }
    case 'completed': {
      const incomplete =
        finish === 'content-filter'
          ? 'content_filter'
          : finish === 'length' || finish === 'max-steps'
            ? 'max_output_tokens'
            : null
      return { status: incomplete ? 'incomplete' : 'completed', end: { usage, error, incomplete } }
    }
    case 'failed':
    case 'interrupted': {
      const why = error ?? { code: 'internal', message: INTERRUPTED, retryable: true }
      return { status: 'failed', end: { usage, error: why, incomplete: null } }
    }
  }
}

/** OpenAI's codes that say more than that the response failed. */
const CODES: Record<string, string> = {
  provider_rate_limit: 'rate_limit_exceeded',
  bad_request: 'invalid_prompt',
  context_too_long: 'invalid_prompt',
}

/** A response as OpenAI writes it. */
export function toResponse(
  frame: ResponseFrame,
  status: ResponseStatus,
  output: readonly Item[],
  { usage, error, incomplete, completedAt }: ResponseEnd,
): Record<string, unknown> {
  return {
    background: false,
    frequency_penalty: 0,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    parallel_tool_calls: true,
    presence_penalty: 0,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: 'default',
    store: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_logprobs: 0,
    top_p: 1,
    truncation: 'disabled',
    user: null,
    ...frame.request,
    id: frame.id,
    object: 'response',
    created_at: Math.floor(Date.parse(frame.createdAt) / 1000),
    completed_at: completedAt ? Math.floor(Date.parse(completedAt) / 1000) : null,
    conversation: { id: frame.conversation },
    model: frame.model,
    status,
    error: error && {
      code: CODES[error.code] ?? 'server_error',
      message: error.message,
    },
    incomplete_details: incomplete === null ? null : { reason: incomplete },
    output: [...output],
    usage: usage && {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  }
}
