import type { RunError } from '../../../shared/contract/errors.ts'
import type { Usage } from '../../../shared/contract/message.ts'

/** An output item of a response. Each kind has its own further fields. */
export type Item = { type: string; id: string } & Record<string, unknown>

/** What stays the same of a response while it comes about. */
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
}

export const NO_END: ResponseEnd = { usage: null, error: null, incomplete: null }

/** A response as OpenAI writes it. */
export function toResponse(
  frame: ResponseFrame,
  status: ResponseStatus,
  output: readonly Item[],
  { usage, error, incomplete }: ResponseEnd,
): Record<string, unknown> {
  return {
    background: false,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    user: null,
    ...frame.request,
    id: frame.id,
    object: 'response',
    created_at: Math.floor(Date.parse(frame.createdAt) / 1000),
    conversation: { id: frame.conversation },
    model: frame.model,
    status,
    error: error && {
      code: error.code === 'provider_rate_limit' ? 'rate_limit_exceeded' : 'server_error',
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
