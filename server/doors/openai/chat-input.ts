import { z } from 'zod'
import { readCallId } from '../ids.ts'
import { DoorError } from './errors.ts'
import type { GivenFile } from '../files/given-file.ts'
import type { Said } from '../files/said.ts'
import { Content, readContent, textOf } from './content.ts'
import { GivenFormat } from './output-format.ts'
import type { Answered } from './response-input.ts'

const ChatMessage = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: Content.nullish(),
  tool_call_id: z.string().optional(),
})

export const CreateChat = z.looseObject({
  messages: z.array(ChatMessage).min(1),
  model: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.number().nullish(),
  tools: z.array(z.unknown()).nullish(),
  tool_choice: z.unknown().optional(),
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

/** The posted history: it ends with what the user says, or with outputs of calls that wait here. */
export function readChatInput({ messages }: CreateChat): ChatInput {
  const system: string[] = []
  const history: Said<GivenFile>[] = []
  let answered: Answered[] = []
  let asked: Said<GivenFile> | null = null
  messages.forEach(({ role, content, tool_call_id: id }, index) => {
    const param = `messages[${index}]`
    asked = null
    if (role === 'system' || role === 'developer') {
      system.push(textOf(content ?? '', param))
    } else if (role === 'tool' || role === 'function') {
      const callId = readCallId(id ?? '')
      if (callId) answered.push({ type: 'output', callId, output: textOf(content ?? '', param) })
    } else {
      answered = []
      const said =
        role === 'user'
          ? readContent(content ?? '', param)
          : { text: textOf(content ?? '', param), files: [] }
      // An answer that only made calls says nothing.
      if (said.text === '' && said.files.length === 0) return
      asked = { role, ...said }
      history.push(asked)
    }
  })
  const last = messages.at(-1)
  const instructions = system.join('\n\n')
  if (last?.role === 'tool' && answered.length > 0) {
    return { instructions, history, question: null, answered }
  }
  const question = last?.role === 'user' ? asked : null
  if (question === null) {
    throw new DoorError(
      'The messages must end with one of the user, or with outputs of calls that this server asked for.',
      { param: 'messages' },
    )
  }
  return { instructions, history: history.slice(0, -1), question, answered: [] }
}
