import { arrayOf, isObject, numberOf, objectOf, stringOf } from '../../json.ts'
import type { JsonObject } from '../../json.ts'
import type { OfferedTool, Turn } from '../conversation.ts'
import type { Generation } from '../generation.ts'
import { BadRequest, checkCalls, readOutput } from './wire.ts'
import type { Wire, WireMessage } from './wire.ts'

/** Chat Completions of the demo model. */
export const chatWire: Wire = {
  read(body) {
    if (!Array.isArray(body.messages) || body.messages.length === 0) {
      throw new BadRequest('messages must be an array with at least one message.', 'messages')
    }
    const messages = body.messages.map(objectOf)
    const isInstruction = ({ role }: JsonObject): boolean =>
      role === 'system' || role === 'developer'
    const format = objectOf(body.response_format)
    const conversation = {
      model: stringOf(body.model),
      instructions: messages
        .filter(isInstruction)
        .map(({ content }) => textOf(content))
        .join('\n'),
      turns: messages.filter((message) => !isInstruction(message)).map(readTurn),
      tools: arrayOf(body.tools).flatMap(readTool),
      maxTokens:
        numberOf(body.max_completion_tokens) ??
        numberOf(body.max_tokens) ??
        Number.POSITIVE_INFINITY,
      ...readOutput(format, objectOf(format.json_schema).schema),
    }
    checkCalls(conversation, 'messages')
    return conversation
  },

  whole(generation) {
    const { text, calls, finish } = generation
    return {
      ...head(generation, 'chat.completion'),
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: text.join('') || null,
            refusal: null,
            ...(calls.length > 0 && {
              tool_calls: calls.map((call) => ({
                id: call.id,
                type: 'function',
                function: { name: call.name, arguments: call.arguments.join('') },
              })),
            }),
          },
          finish_reason: finish,
          logprobs: null,
        },
      ],
      usage: usageOf(generation),
    }
  },

  *events(generation, body): Iterable<WireMessage> {
    const { text, calls, finish } = generation
    const start = head(generation, 'chat.completion.chunk')
    const withUsage = objectOf(body.stream_options).include_usage === true
    const chunk = (
      delta: JsonObject,
      paced: boolean,
      finishReason: string | null = null,
    ): WireMessage => ({
      data: {
        ...start,
        choices: [{ index: 0, delta, finish_reason: finishReason, logprobs: null }],
        ...(withUsage && { usage: null }),
      },
      paced,
    })
    yield chunk(
      {
        role: 'assistant',
        content: calls.length > 0 && text.length === 0 ? null : '',
        refusal: null,
      },
      false,
    )
    for (const content of text) yield chunk({ content }, true)
    for (const [index, call] of calls.entries()) {
      yield chunk(
        {
          tool_calls: [
            { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } },
          ],
        },
        true,
      )
      for (const piece of call.arguments) {
        yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] }, true)
      }
    }
    yield chunk({}, false, finish)
    if (withUsage) {
      yield { data: { ...start, choices: [], usage: usageOf(generation) }, paced: false }
    }
    yield { data: '[DONE]', paced: false }
  },
}

function readTurn(message: JsonObject): Turn {
  const { role, content } = message
  if (role === 'user') return { role, text: textOf(content) }
  if (role === 'tool') {
    return { role, callId: stringOf(message.tool_call_id), output: textOf(content) }
  }
  if (role !== 'assistant') throw new BadRequest(`Invalid role: ${String(role)}.`, 'messages')
  const calls = arrayOf(message.tool_calls).map((value) => {
    const call = objectOf(value)
    const called = objectOf(call.function)
    return {
      id: stringOf(call.id),
      name: stringOf(called.name),
      arguments: stringOf(called.arguments),
    }
  })
  return { role, text: textOf(content), calls }
}

function readTool(value: unknown): OfferedTool[] {
  const tool = objectOf(objectOf(value).function)
  const name = stringOf(tool.name)
  return name
    ? [{ name, description: stringOf(tool.description), schema: objectOf(tool.parameters) }]
    : []
}

/** The text of a content: a string, or the texts in a list of parts. */
export function textOf(content: unknown): string {
  if (!Array.isArray(content)) return stringOf(content)
  return content.map((part) => (isObject(part) ? stringOf(part.text) : '')).join('')
}

function head({ id, model }: Generation, object: string): JsonObject {
  return {
    id: `chatcmpl-${id}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: 'demo',
  }
}

function usageOf({ usage }: Generation): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  }
}
