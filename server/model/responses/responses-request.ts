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
import type { SentFormat } from '../request/output-format.ts'
import { replayedArguments, replayedName, replayedOutput } from '../chat/replayed-arguments.ts'

/**
 * The thoughts of a step, and where they stood among its text and calls: the API wants each one right before the
 * item that it led to.
 */
export type ResponsesState = { host: string; order: ResponsesItem[] }
export type ResponsesItem =
  | { type: 'reasoning'; item: JsonObject }
  | { type: 'text' }
  | { type: 'call'; call: number }

/** A step as a Responses request that leaves nothing stored at the provider. */
export function responsesRequest(request: StepRequest): ResponseCreateParamsStreaming {
  const { step, refused } = request
  const question = step.messages.findLastIndex(({ role }) => role === 'user')
  return {
    model: step.model,
    ...(step.systemPrompt && { instructions: step.systemPrompt }),
    input: step.messages.flatMap((message, at) => [
      ...encode(message, at > question, request),
      ...(refused.has('files-in-results') ? toldBehind(step.messages, at) : []),
    ]),
    stream: true,
    ...(!refused.has('store') && { store: false }),
    ...(!refused.has('encrypted-reasoning') && { include: ['reasoning.encrypted_content'] }),
    ...(!refused.has('reasoning-summary') && { reasoning: { summary: 'auto' } }),
    ...(!refused.has('temperature') && { temperature: step.temperature }),
    ...(!refused.has('max-output-tokens') && { max_output_tokens: step.maxTokens }),
    ...(request.format && { text: { format: textFormat(request.format) } }),
    ...(step.tools.length > 0 && {
      tools: step.tools.map((tool) => functionTool(tool, refused.has('strict'))),
    }),
  }
}

function textFormat(format: SentFormat): ResponseFormatTextConfig {
  if (format.type === 'json_object') return format
  const { refusal: _, ...sent } = format
  return sent
}

/** The type insists on `strict`, which servers that copy the API may refuse: hence the cast. */
function functionTool(
  { name, description, inputSchema }: ModelTool,
  withoutStrict: boolean,
): FunctionTool {
  const tool = { type: 'function', name, description, parameters: inputSchema }
  return (withoutStrict ? tool : { ...tool, strict: false }) as FunctionTool
}

/** @param current whether the message belongs to the answer that is being given: only then are thoughts wanted back */
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

/** For a server that takes results as text alone. */
function toldBehind(messages: readonly ModelMessage[], at: number): ResponseInputItem[] {
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

/** The item goes back as it came: what is in it concerns the API alone, hence the cast. */
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
