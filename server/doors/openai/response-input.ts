import { z } from 'zod'
import type { CallId } from '../../../shared/contract/ids.ts'
import { readCallId } from '../ids.ts'
import type { GivenFile } from '../files/given-file.ts'
import type { Said } from '../files/said.ts'
import { Content, readContent, textOf } from './content.ts'
import { DoorError } from './errors.ts'

const MessageItem = z.object({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: Content,
})
const OutputItem = z.object({
  type: z.literal('function_call_output'),
  call_id: z.string(),
  output: Content,
})
const ApprovalItem = z.object({
  type: z.literal('mcp_approval_response'),
  approval_request_id: z.string(),
  approve: z.boolean(),
  reason: z.string().nullish(),
})

/** What a client says of a call that waits. */
export type Answered =
  | { type: 'output'; callId: CallId; output: string }
  | { type: 'decision'; callId: CallId; approve: boolean; reason: string | null }

export type ResponseInput = {
  /** Of system and developer messages. */
  instructions: string[]
  /** Before the question. */
  history: Said<GivenFile>[]
  /** Null where the input ends with answers to calls. */
  question: Said<GivenFile> | null
  answered: Answered[]
}

/** @param input as posted: a text, or a list of items */
export function readResponseInput(input: unknown): ResponseInput {
  if (typeof input === 'string') {
    const question: Said<GivenFile> = { role: 'user', text: input, files: [] }
    return { instructions: [], history: [], question, answered: [] }
  }
  if (!Array.isArray(input)) {
    throw new DoorError('The input must be a text or a list of items.', { param: 'input' })
  }
  const read: ResponseInput = { instructions: [], history: [], question: null, answered: [] }
  input.forEach((item: unknown, index) => addItem(read, item, `input[${index}]`))
  // What was answered before something else was said belongs to what was before.
  const last = read.history.at(-1)
  if (read.answered.length === 0 && last?.role === 'user') {
    read.history.pop()
    read.question = last
  }
  if (read.question === null && read.answered.length === 0) {
    throw new DoorError('The input must end with what the user says, or with outputs of calls.', {
      param: 'input',
    })
  }
  return read
}

function addItem(read: ResponseInput, item: unknown, param: string): void {
  const message = MessageItem.safeParse(item)
  if (message.success) {
    const { role, content } = message.data
    if (role === 'system' || role === 'developer') {
      read.instructions.push(textOf(content, param))
      return
    }
    read.answered = []
    read.history.push(
      role === 'user'
        ? { role, ...readContent(content, param) }
        : { role, text: textOf(content, param), files: [] },
    )
    return
  }
  const output = OutputItem.safeParse(item)
  if (output.success) {
    const callId = requireCallId(output.data.call_id, param)
    read.answered.push({ type: 'output', callId, output: textOf(output.data.output, param) })
    return
  }
  const approval = ApprovalItem.safeParse(item)
  if (approval.success) {
    const { approval_request_id: id, approve, reason = null } = approval.data
    read.answered.push({ type: 'decision', callId: requireCallId(id, param), approve, reason })
    return
  }
  const type = z.object({ type: z.string() }).safeParse(item).data?.type ?? 'nothing known'
  // What the server said itself, posted again by clients that keep the conversation: the log has it.
  if (/^(reasoning|function_call|mcp_call|mcp_approval_request|item_reference)$/.test(type)) return
  throw new DoorError(`An input item of the type "${type.slice(0, 100)}" is not supported.`, {
    param,
  })
}

function requireCallId(id: string, param: string): CallId {
  const callId = readCallId(id)
  if (!callId) throw new DoorError(`There is no call "${id.slice(0, 100)}" here.`, { param })
  return callId
}
