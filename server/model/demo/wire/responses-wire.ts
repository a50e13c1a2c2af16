import { arrayOf, numberOf, objectOf, stringOf } from '../../json.ts'
import type { JsonObject } from '../../json.ts'
import { textOf } from './chat-wire.ts'
import type { OfferedTool, Turn } from '../conversation.ts'
import type { Generation } from '../generation.ts'
import { BadRequest, checkCalls, readOutput } from './wire.ts'
import type { Wire, WireMessage } from './wire.ts'

/** The Responses API of the demo model. */
export const responsesWire: Wire = {
  read(body) {
    const input =
      typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input
    if (!Array.isArray(input) || input.length === 0) {
      throw new BadRequest('input must be a string or an array with at least one item.', 'input')
    }
    const items = input.map(objectOf)
    const isInstruction = ({ role }: JsonObject): boolean =>
      role === 'system' || role === 'developer'
    const instructions = items.filter(isInstruction).map(({ content }) => textOf(content))
    const format = objectOf(objectOf(body.text).format)
    const conversation = {
      model: stringOf(body.model),
      instructions: [stringOf(body.instructions), ...instructions].filter(Boolean).join('\n'),
      turns: items.filter((item) => !isInstruction(item)).flatMap(readItem),
      tools: arrayOf(body.tools).flatMap(readTool),
      maxTokens: numberOf(body.max_output_tokens) ?? Number.POSITIVE_INFINITY,
      ...readOutput(format, format.schema),
    }
    checkCalls(conversation, 'input')
    return conversation
  },

  whole: (generation) => response(generation, statusOf(generation), outputOf(generation)),

  *events(generation): Iterable<WireMessage> {
    let sequence = 0
    const event = (type: string, fields: JsonObject, paced = false): WireMessage => ({
      event: type,
      data: { type, sequence_number: sequence++, ...fields },
      paced,
    })
    const output = outputOf(generation)
    yield event('response.created', { response: response(generation, 'in_progress', []) })
    yield event('response.in_progress', { response: response(generation, 'in_progress', []) })
    for (const [index, item] of output.entries()) {
      const place = { output_index: index, item_id: item.id }
      if (item.type === 'message') {
        const text = generation.text.join('')
        const part = { type: 'output_text', text: '', annotations: [] }
        const inPart = { ...place, content_index: 0 }
        yield event('response.output_item.added', {
          output_index: index,
          item: { ...item, status: 'in_progress', content: [] },
        })
        yield event('response.content_part.added', { ...inPart, part })
        for (const delta of generation.text) {
          yield event('response.output_text.delta', { ...inPart, delta }, true)
        }
        yield event('response.output_text.done', { ...inPart, text })
        yield event('response.content_part.done', { ...inPart, part: { ...part, text } })
      } else {
        const call = generation.calls.find(({ id }) => id === item.call_id)
        yield event(
          'response.output_item.added',
          { output_index: index, item: { ...item, status: 'in_progress', arguments: '' } },
          true,
        )
        for (const delta of call?.arguments ?? []) {
          yield event('response.function_call_arguments.delta', { ...place, delta }, true)
        }
        yield event('response.function_call_arguments.done', {
          ...place,
          arguments: item.arguments,
        })
      }
      yield event('response.output_item.done', { output_index: index, item })
    }
    const status = statusOf(generation)
    yield event(`response.${status}`, { response: response(generation, status, output) })
  },
}

function readItem(item: JsonObject): Turn[] {
  if (item.type === 'function_call') {
    const call = {
      id: stringOf(item.call_id),
      name: stringOf(item.name),
      arguments: stringOf(item.arguments),
    }
    return [{ role: 'assistant', text: '', calls: [call] }]
  }
  if (item.type === 'function_call_output') {
    return [{ role: 'tool', callId: stringOf(item.call_id), output: textOf(item.output) }]
  }
  if (item.role === 'user') return [{ role: 'user', text: textOf(item.content) }]
  if (item.role === 'assistant') {
    return [{ role: 'assistant', text: textOf(item.content), calls: [] }]
  }
  if (item.type === 'reasoning') return []
  throw new BadRequest(`Invalid input item: ${String(item.type ?? item.role)}.`, 'input')
}

function readTool(value: unknown): OfferedTool[] {
  const tool = objectOf(value)
  const name = tool.type === 'function' ? stringOf(tool.name) : ''
  return name
    ? [{ name, description: stringOf(tool.description), schema: objectOf(tool.parameters) }]
    : []
}

function statusOf({ finish }: Generation): 'completed' | 'incomplete' {
  return finish === 'length' ? 'incomplete' : 'completed'
}

function outputOf(generation: Generation): JsonObject[] {
  const status = statusOf(generation)
  const text = generation.text.join('')
  const message = {
    id: `msg_${generation.id}`,
    type: 'message',
    role: 'assistant',
    status,
    content: [{ type: 'output_text', text, annotations: [] }],
  }
  const calls = generation.calls.map((call) => ({
    id: `fc_${call.id.slice('call_'.length)}`,
    type: 'function_call',
    status,
    call_id: call.id,
    name: call.name,
    arguments: call.arguments.join(''),
  }))
  return text || calls.length === 0 ? [message, ...calls] : calls
}

function response(generation: Generation, status: string, output: JsonObject[]): JsonObject {
  const { id, model, usage } = generation
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status,
    model,
    output,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    parallel_tool_calls: true,
    store: false,
    usage:
      status === 'in_progress'
        ? null
        : {
            input_tokens: usage.input,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: usage.output,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: usage.input + usage.output,
          },
  }
}
