import type {
  FunctionTool,
  ResponseFunctionCallOutputItemList,
  ResponseFormatTextConfig,
  ResponseCreateParamsStreaming,
  ResponseInputContent,
  ResponseInputItem,
} from 'openai/resources/responses/responses'
import type { StepRequest } from '../adapter.ts'
import { arrayOf, isObject, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ModelFile, ModelMessage, ModelTool } from '../port.ts'
import { BROUGHT, filesOfResults, READS_ON } from '../request/conversation-to-send.ts'
import { responsesParameters } from '../request/parameters.ts'
import type { SentFormat } from '../request/output-format.ts'
import { replayedArguments, replayedName, replayedOutput } from '../chat/replayed-arguments.ts'

/**
 * The reasoning of a step, and its order among text and calls: the API requires it directly before the item that it led
 * to.
 */
export type ResponsesState = { host: string; order: ResponsesItem[] }
export type ResponsesItem =
  | { type: 'reasoning'; item: JsonObject }
  | { type: 'text' }
  | { type: 'call'; call: number }

/** A step as a Responses request. The provider stores nothing of it, unless it writes in the background. */
export function responsesRequest(request: StepRequest): ResponseCreateParamsStreaming {
  const { background, step, refused } = request
  const question = step.messages.findLastIndex(({ role }) => role === 'user')
  return {
    model: step.model,
    ...(step.systemPrompt && { instructions: step.systemPrompt }),
    input: step.messages.flatMap((message, at) => [
      ...encode(message, at > question, request),
      ...(refused.has('files-in-results') ? filesBehind(step.messages, at) : []),
    ]),
    stream: true,
    ...(background && { background: true }),
    ...(!refused.has('store') && { store: background }),
    ...(!refused.has('encrypted-reasoning') && { include: ['reasoning.encrypted_content'] }),
    ...reasoningOf(request),
    ...(!refused.has('temperature') && { temperature: step.temperature }),
    ...(!refused.has('max-output-tokens') && { max_output_tokens: step.maxTokens }),
    ...textOf(request),
    ...responsesParameters(step),
    ...(step.tools.length > 0 && {
      tools: step.tools.map((tool) => functionTool(tool, refused.has('strict'))),
    }),
  }
}

function reasoningOf({ step, refused }: StepRequest): { reasoning?: object } {
  const effort = step.parameters?.reasoningEffort
  const reasoning = {
    ...(!refused.has('reasoning-summary') && { summary: 'auto' }),
    ...(effort !== undefined && { effort }),
  }
  return Object.keys(reasoning).length > 0 ? { reasoning } : {}
}

function textOf({ step, format }: StepRequest): { text?: object } {
  const verbosity = step.parameters?.verbosity
  return format || verbosity
    ? { text: { ...(format && { format: textFormat(format) }), ...(verbosity && { verbosity }) } }
    : {}
}

function textFormat(format: SentFormat): ResponseFormatTextConfig {
  if (format.type === 'json_object') return format
  const { refusal: _, ...sent } = format
  return sent
}

/** The type requires `strict`, which servers that copy the API may refuse: hence the cast. */
function functionTool(
  { name, description, inputSchema }: ModelTool,
  withoutStrict: boolean,
): FunctionTool {
  const tool = { type: 'function', name, description, parameters: inputSchema }
  return (withoutStrict ? tool : { ...tool, strict: false }) as FunctionTool
}

/** @param current true for messages of the current answer, the only ones whose reasoning is sent back */
function encode(
  message: ModelMessage,
  current: boolean,
  request: StepRequest,
): ResponseInputItem[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: contentOf(message) }]
    case 'tool':
      return [
        {
          type: 'function_call_output',
          call_id: message.callId,
          output: outputOf(message, request),
        },
      ]
    case 'assistant': {
      const text: ResponseInputItem[] = message.text
        ? [{ role: 'assistant', content: message.text }]
        : []
      const calls = message.calls.map((call): ResponseInputItem => ({
        type: 'function_call',
        call_id: call.id,
        name: replayedName(call.name),
        arguments: replayedArguments(call.arguments),
      }))
      return inOrder(current ? orderOf(message, request) : [], text, calls, request)
    }
  }
}

function contentOf({
  text,
  files = [],
}: Pick<Extract<ModelMessage, { role: 'user' }>, 'text' | 'files'>):
  | string
  | ResponseInputContent[] {
  if (files.length === 0) return text
  const parts = files.map(partOf)
  return text === '' ? parts : [{ type: 'input_text', text }, ...parts]
}

function partOf({ kind, name, mimeType, data }: ModelFile) {
  const url = `data:${mimeType};base64,${data ?? ''}`
  return kind === 'image'
    ? { type: 'input_image' as const, detail: 'auto' as const, image_url: url }
    : { type: 'input_file' as const, filename: name, file_data: url }
}

function outputOf(
  { output, failed, files = [] }: Extract<ModelMessage, { role: 'tool' }>,
  { refused }: StepRequest,
): string | ResponseFunctionCallOutputItemList {
  const text = replayedOutput(output, failed)
  return files.length === 0 || refused.has('files-in-results')
    ? text
    : [{ type: 'input_text', text }, ...files.map(partOf)]
}

/** Files behind the results, for a server that accepts results as text only. */
function filesBehind(messages: readonly ModelMessage[], at: number): ResponseInputItem[] {
  const files = filesOfResults(messages, at)
  if (files.length === 0) return []
  return [
    { role: 'assistant', content: READS_ON },
    { role: 'user', content: contentOf({ text: BROUGHT, files }) },
  ]
}

function inOrder(
  order: ResponsesItem[],
  text: ResponseInputItem[],
  calls: ResponseInputItem[],
  { refused }: StepRequest,
): ResponseInputItem[] {
  const items: ResponseInputItem[] = []
  const placed = new Set<ResponseInputItem>()
  const place = (some: ResponseInputItem[]): void => {
    for (const item of some) {
      if (!placed.has(item)) items.push(item)
      placed.add(item)
    }
  }
  for (const entry of order) {
    if (entry.type === 'text') place(text)
    else if (entry.type === 'call') place(calls.slice(entry.call, entry.call + 1))
    else items.push(reasoningItem(entry.item, refused.has('reasoning-ids')))
  }
  if (items.length === 0) return [...text, ...calls]
  place(text)
  place(calls)
  return items
}

/** The item is sent back unchanged and its content is the API's own matter: hence the cast. */
function reasoningItem(item: JsonObject, withoutId: boolean): ResponseInputItem {
  const { id: _id, ...rest } = item
  return (withoutId ? rest : item) as unknown as ResponseInputItem
}

function orderOf(
  { providerState }: Extract<ModelMessage, { role: 'assistant' }>,
  { step, endpoint, refused }: StepRequest,
): ResponsesItem[] {
  if (refused.has('reasoning-replay')) return []
  if (providerState?.api !== 'responses' || providerState.model !== step.model) return []
  const data = objectOf(providerState.data)
  if (data.host !== endpoint.host) return []
  return arrayOf(data.order).flatMap((value): ResponsesItem[] => {
    const { type, item, call } = objectOf(value)
    if (stringOf(type) === 'text') return [{ type: 'text' }]
    if (type === 'call' && typeof call === 'number') return [{ type: 'call', call }]
    return type === 'reasoning' && isObject(item) ? [{ type: 'reasoning', item }] : []
  })
}
