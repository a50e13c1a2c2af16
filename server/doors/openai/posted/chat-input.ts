import { z } from 'zod'
import { readCallId } from '../../ids.ts'
import { DoorError } from '../errors.ts'
import type { GivenFile } from '../../files/given-file.ts'
import type { Said, SaidCall } from '../../files/said.ts'
import { Content, readContent, textOf } from './content.ts'
import { GivenFormat } from '../output-format.ts'
import { givenParameters } from '../parameters.ts'
import { PostedHistory, requireWhole } from './posted-history.ts'
import type { Stray } from './posted-history.ts'
import type { Answered } from './response-input.ts'

const Called = z.looseObject({ name: z.string(), arguments: z.string() })
const ChatMessage = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: Content.nullish(),
  tool_call_id: z.string().optional(),
  tool_calls: z
    .array(
      z.looseObject({
        id: z.string(),
        function: Called.optional(),
        custom: z.looseObject({ name: z.string(), input: z.string() }).optional(),
      }),
    )
    .nullish(),
  /** The name of the called function, in messages of the role `function`, which is older than tools. */
  name: z.string().optional(),
  function_call: Called.nullish(),
})
type ChatMessage = z.infer<typeof ChatMessage>

export const CreateChat = z.looseObject({
  messages: z.array(ChatMessage).min(1),
  model: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.number().nullish(),
  tools: z.array(z.unknown()).nullish(),
  ...givenParameters,
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
  response_format: GivenFormat.nullish(),
})
export type CreateChat = z.infer<typeof CreateChat>

export type ChatInput = {
  instructions: string
  history: Said<GivenFile>[]
  question: Said<GivenFile> | null
  answered: Answered[]
}

/** Reads a posted history. It ends with a message of the user, or with outputs of calls that wait here. */
export function readChatInput({ messages }: CreateChat): ChatInput {
  const system: string[] = []
  const history = new PostedHistory()
  const strays: Stray[] = []
  let answered: Answered[] = []
  messages.forEach((message, index) => {
    const { role, content, tool_call_id: id } = message
    const param = `messages[${index}]`
    switch (role) {
      case 'system':
      case 'developer':
        system.push(textOf(content ?? '', param))
        return
      case 'tool':
      case 'function': {
        const output = textOf(content ?? '', param)
        const isKnown =
          id === undefined
            ? history.outputOf(message.name ?? '', output)
            : history.output(id, output)
        if (!isKnown) strays.push({ id: id ?? message.name ?? '', param })
        const callId = readCallId(id ?? '')
        if (callId) answered.push({ type: 'output', callId, output })
        return
      }
      case 'user': {
        answered = []
        const said = readContent(content ?? '', param)
        const isBlank = said.text === '' && said.files.length === 0
        if (!isBlank || index === messages.length - 1) history.user(said)
        return
      }
      case 'assistant':
        answered = []
        addAnswer(history, message, param)
    }
  })
  const instructions = system.join('\n\n')
  if (messages.at(-1)?.role === 'tool' && answered.length > 0) {
    return { instructions, history: history.said, question: null, answered }
  }
  const question = messages.at(-1)?.role === 'user' ? history.takeQuestion() : null
  if (question === null) {
    throw new DoorError(
      'The messages must end with one of the user, or with outputs of calls that this server asked for.',
      { param: 'messages' },
    )
  }
  requireWhole(history, strays, 'messages')
  return { instructions, history: history.said, question, answered: [] }
}

function addAnswer(
  history: PostedHistory,
  { content, tool_calls: calls, function_call: old }: ChatMessage,
  param: string,
): void {
  const text = textOf(content ?? '', param)
  // An answer that consists of calls has no text.
  if (text !== '') history.assistant(text)
  for (const { id, function: called, custom } of calls ?? []) {
    const { name, arguments: args } = called ?? { name: custom?.name, arguments: custom?.input }
    history.call(callOf(id, name ?? '', args ?? ''))
  }
  if (old) history.call(callOf(old.name, old.name, old.arguments))
}

function callOf(id: string, name: string, args: string): SaidCall {
  return { ...{ id, name, source: 'client', arguments: args }, result: null }
}
