import { createHash } from 'node:crypto'
import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions'
import type { ResponseFormatJSONObject, ResponseFormatJSONSchema } from 'openai/resources/shared'
import type { StepRequest } from '../adapter.ts'
import { objectOf } from '../json.ts'
import type { ModelMessage } from '../port.ts'
import { BROUGHT, filesOfResults, READS_ON } from '../request/conversation-to-send.ts'
import { chatParameters } from '../request/parameters.ts'
import type { SentFormat } from '../request/output-format.ts'
import { replayedArguments, replayedName, replayedOutput } from './replayed-arguments.ts'

/** Fields of an assistant message that have to be sent back to a compatible provider, kept in a `provider-state`. */
export type ChatState = {
  host: string
  /** Fields of the message, such as `reasoning_content` or `reasoning_details`. */
  message: Record<string, unknown>
  /** Further fields of each call, such as Gemini's signatures in `extra_content`. */
  calls: Record<string, unknown>[]
}

/** A step as a Chat Completions request. */
export function chatRequest(request: StepRequest): ChatCompletionCreateParamsStreaming {
  const { prefix, step, refused } = request
  const system: ChatCompletionMessageParam[] = step.systemPrompt
    ? [{ role: 'system', content: step.systemPrompt }]
    : []
  return {
    model: step.model,
    messages: [
      ...system,
      ...step.messages.flatMap((message, at) => encode(message, at, request)),
      ...(prefix === null ? [] : [prefixMessage(prefix, request)]),
    ],
    ...(prefix !== null && continueFields(request)),
    stream: true,
    ...(!refused.has('stream-options') && { stream_options: { include_usage: true } }),
    ...(!refused.has('temperature') && { temperature: step.temperature }),
    ...tokenLimit(request),
    ...chatParameters(step),
    ...(request.format && { response_format: responseFormat(request.format) }),
    ...(step.tools.length > 0 && {
      tools: step.tools.map(({ name, description, inputSchema }) => ({
        type: 'function' as const,
        function: { name, description, parameters: inputSchema },
      })),
    }),
  }
}

function responseFormat(format: SentFormat): ResponseFormatJSONSchema | ResponseFormatJSONObject {
  if (format.type === 'json_object') return format
  const { type, refusal: _, ...json_schema } = format
  return { type, json_schema }
}

/**
 * The beginning of the answer as the last message. llama.cpp, OpenRouter and others continue it as it is, DeepSeek and
 * Mistral only with a mark. Anthropic refuses whitespace at its end.
 */
function prefixMessage(prefix: string, request: StepRequest): ChatCompletionMessageParam {
  const message: ChatCompletionMessageParam = { role: 'assistant', content: prefix.trimEnd() }
  return isMarked(request) ? { ...message, ...MARK } : message
}

function isMarked({ endpoint, refused }: StepRequest): boolean {
  return (
    /(?:^|\.)(?:deepseek\.com|mistral\.ai)$/.test(endpoint.host) || refused.has('unmarked-prefix')
  )
}

/**
 * Without these fields vLLM and SGLang begin another answer. Other servers do not need them, and some refuse unknown
 * fields.
 */
function continueFields(request: StepRequest): Record<string, boolean> {
  const isStrict = /(?:^|\.)(?:openrouter\.ai|groq\.com)$/.test(request.endpoint.host)
  return isMarked(request) || isStrict || request.refused.has('continue-fields')
    ? {}
    : { continue_final_message: true, add_generation_prompt: false }
}

const MARK = { prefix: true }

/** OpenAI's newer models accept only the second name, most compatible servers only the first. */
function tokenLimit({ step, endpoint, refused }: StepRequest): Record<string, number> {
  const names = [
    { parameter: 'max_tokens', refusal: 'max-tokens' },
    { parameter: 'max_completion_tokens', refusal: 'max-completion-tokens' },
  ] as const
  const preferred = endpoint.kind === 'openai' ? names.toReversed() : names
  const taken = preferred.find(({ refusal }) => !refused.has(refusal))
  return taken ? { [taken.parameter]: step.maxTokens } : {}
}

function encode(
  message: ModelMessage,
  at: number,
  { step, endpoint, refused }: StepRequest,
): ChatCompletionMessageParam[] {
  const callId = (id: string): string => (refused.has('long-call-ids') ? shortCallId(id) : id)
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: contentOf(message) }]
    case 'tool': {
      const content = replayedOutput(message.output, message.failed)
      const files = filesOfResults(step.messages, at)
      return [
        { role: 'tool', tool_call_id: callId(message.callId), content },
        // Results can only be text here, so their files follow in a user message; some templates require an answer
        // before it.
        ...(files.length > 0
          ? [
              { role: 'assistant' as const, content: READS_ON },
              { role: 'user' as const, content: contentOf({ text: BROUGHT, files }) },
            ]
          : []),
      ]
    }
    case 'assistant': {
      // Reasoning has to be sent back while its own question is being answered; most providers refuse it later.
      const current = !step.messages.slice(at + 1).some(({ role }) => role === 'user')
      const everywhere = refused.has('thoughts-left-out')
      const state = refused.has('reasoning-replay')
        ? null
        : stateOf(message, step.model, endpoint.host)
      const calls = message.calls.map((call, number) => ({
        ...(refused.has('unsigned-calls') && number === 0 && UNSIGNED),
        ...state?.calls[number],
        id: callId(call.id),
        type: 'function' as const,
        function: { name: replayedName(call.name), arguments: replayedArguments(call.arguments) },
      }))
      return [
        {
          // The reasoning of another model's answer is not available, but the field is required.
          ...(everywhere && { reasoning_content: '' }),
          ...((current || everywhere) && state?.message),
          role: 'assistant',
          content: message.text || null,
          ...(calls.length > 0 && { tool_calls: calls }),
        },
      ]
    }
  }
}

type Question = Extract<ModelMessage, { role: 'user' }>

/** A text alone is sent as a string, because not every server accepts a list of parts. */
function contentOf({
  text,
  files = [],
}: Pick<Question, 'text' | 'files'>): string | ChatCompletionContentPart[] {
  if (files.length === 0) return text
  const parts = files.map(({ kind, mimeType, data, instead }): ChatCompletionContentPart =>
    kind === 'image'
      ? { type: 'image_url', image_url: { url: `data:${mimeType};base64,${data ?? ''}` } }
      : { type: 'text', text: instead },
  )
  return text === '' ? parts : [{ type: 'text', text }, ...parts]
}

/** Google's placeholder signature for calls that its own model did not make (ai.google.dev, "Thought signatures"). */
const UNSIGNED = {
  extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } },
}

function stateOf(
  { providerState }: Extract<ModelMessage, { role: 'assistant' }>,
  model: string,
  host: string,
): Pick<ChatState, 'message' | 'calls'> | null {
  if (providerState?.api !== 'chat' || providerState.model !== model) return null
  const data = objectOf(providerState.data)
  if (data.host !== host) return null
  const calls = Array.isArray(data.calls) ? data.calls.map(objectOf) : []
  return { message: objectOf(data.message), calls }
}

/** Mistral requires ids of exactly nine letters and digits. */
function shortCallId(id: string): string {
  if (/^[A-Za-z0-9]{9}$/.test(id)) return id
  return createHash('sha256').update(id).digest('hex').slice(0, 9)
}
