import { z } from 'zod'
import type { CallId } from '../../../../shared/contract/ids.ts'
import { readCallId } from '../../ids.ts'
import type { GivenFile } from '../../files/given-file.ts'
import type { Said, SaidCall } from '../../files/said.ts'
import { OWN_LABEL } from '../call-items.ts'
import { Content, readContent, textOf } from './content.ts'
import { DoorError } from '../errors.ts'
import { PostedHistory, requireWhole } from './posted-history.ts'
import type { Stray } from './posted-history.ts'

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

const CallItem = z.object({
  ...{ type: z.literal('function_call'), call_id: z.string() },
  ...{ name: z.string(), arguments: z.string() },
})
const McpCallItem = z.object({
  ...{ type: z.literal('mcp_call'), id: z.string(), server_label: z.string() },
  ...{ name: z.string(), arguments: z.string() },
  output: z.string().nullish(),
  error: z.unknown().optional(),
})
/** The type tells the schema at once, because a request may have hundreds of thousands of items. */
const Item = z.discriminatedUnion('type', [
  MessageItem,
  OutputItem,
  ApprovalItem,
  CallItem,
  McpCallItem,
])

/** A client's output of a waiting call, or its decision about one. */
export type Answered =
  | { type: 'output'; callId: CallId; output: string }
  | { type: 'decision'; callId: CallId; approve: boolean; reason: string | null }

export type ResponseInput = {
  /** The texts of system and developer messages. */
  instructions: string[]
  /** The messages before the question. */
  history: Said<GivenFile>[]
  /** Null where the input ends with answers to calls. */
  question: Said<GivenFile> | null
  /** Answers to calls that wait here: at the end of the input, or before a question that nothing else precedes. */
  answered: Answered[]
}

/** Posted items, before their purpose is known. */
type Items = {
  instructions: string[]
  history: PostedHistory
  /** The number of messages. */
  messages: number
  /** Outputs and decisions in their order; `behind` is the number of messages before each. */
  answers: (Answer & { behind: number })[]
  strays: Stray[]
}

/** An answer to a call, which may be another server's call. */
type Answer =
  | { type: 'output'; id: string; output: string; param: string }
  | { type: 'decision'; id: string; approve: boolean; reason: string | null; param: string }

/**
 * @param input as posted: a text, or a list of items
 * @param goesOn true when the messages before the request are stored here already
 */
export function readResponseInput(input: unknown, goesOn: boolean): ResponseInput {
  if (typeof input === 'string') {
    const question: Said<GivenFile> = { role: 'user', text: input, files: [] }
    return { instructions: [], history: [], question, answered: [] }
  }
  if (!Array.isArray(input)) throw noItems()
  const { instructions, history, messages, answers, strays } = readItems(input)
  const { said } = history
  // Outputs and decisions before a later message belong to the history.
  const last = answers.filter(({ behind }) => behind === messages)
  if (last.length > 0) {
    return { instructions, history: said, question: null, answered: last.map(toAnswered) }
  }
  const question = history.takeQuestion()
  if (question === null) {
    throw new DoorError('The input must end with what the user says, or with outputs of calls.', {
      param: 'input',
    })
  }
  // The log has the calls that are posted again.
  const before = goesOn ? said.filter(({ text, files }) => text !== '' || files.length > 0) : said
  if (before.length === 0 && (goesOn ? answers : strays).length > 0) {
    return { instructions, history: [], question, answered: answers.map(toAnswered) }
  }
  requireWhole(history, strays, 'input')
  return { instructions, history: before, question, answered: [] }
}

/** Reads items that are added to a conversation without a request for an answer. */
export function readConversationItems(
  items: readonly unknown[],
): Pick<ResponseInput, 'instructions' | 'history'> {
  const { instructions, history, strays } = readItems(items, 'items')
  requireWhole(history, strays, 'items')
  return { instructions, history: history.said }
}

/** Reads an input whose tokens are counted; it may end with any item. `strays` are outputs without their calls. */
export function readCountedInput(input: unknown): Pick<ResponseInput, 'instructions'> & {
  said: Said<GivenFile>[]
  strays: { id: string; output: string }[]
} {
  if (input === undefined || input === null) return { instructions: [], said: [], strays: [] }
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input
  if (!Array.isArray(items)) throw noItems()
  const { instructions, history, answers, strays } = readItems(items)
  const own = new Set(strays.map(({ param }) => param))
  return {
    ...{ instructions, said: history.said },
    strays: answers.flatMap((one) =>
      one.type === 'output' && own.has(one.param) ? [{ id: one.id, output: one.output }] : [],
    ),
  }
}

function noItems(): DoorError {
  return new DoorError('The input must be a text or a list of items.', { param: 'input' })
}

function readItems(input: readonly unknown[], name = 'input'): Items {
  const read: Items = {
    ...{ instructions: [], history: new PostedHistory(), messages: 0, answers: [], strays: [] },
  }
  input.forEach((item, index) => addItem(read, item, `${name}[${index}]`))
  return read
}

function addItem(read: Items, posted: unknown, param: string): void {
  const { history, messages: behind } = read
  const item = Item.safeParse(posted).data
  if (!item) return passOver(posted, param)
  switch (item.type) {
    case undefined:
    case 'message':
      return addMessage(read, item, param)
    case 'function_call':
    case 'mcp_call':
      return history.call(toCall(item))
    case 'function_call_output': {
      const { call_id: id } = item
      const output = textOf(item.output, param)
      if (!history.output(id, output)) read.strays.push({ id, param })
      read.answers.push({ type: 'output', id, output, param, behind })
      return
    }
    case 'mcp_approval_response': {
      const { approval_request_id: id, approve, reason = null } = item
      read.answers.push({ type: 'decision', id, approve, reason, param, behind })
    }
  }
}

function addMessage(
  read: Items,
  { role, content }: z.infer<typeof MessageItem>,
  param: string,
): void {
  const { history, instructions } = read
  if (role === 'user' || role === 'assistant') read.messages += 1
  if (role === 'user') history.user(readContent(content, param))
  else if (role === 'assistant') history.assistant(textOf(content, param))
  else instructions.push(textOf(content, param))
}

/**
 * Skips items that this server sent and that clients with their own history post again.
 *
 * @throws for all other items
 */
function passOver(item: unknown, param: string): void {
  const type = z.object({ type: z.string() }).safeParse(item).data?.type ?? 'nothing known'
  if (/^(reasoning|mcp_approval_request|item_reference)$/.test(type)) return
  throw new DoorError(`An input item of the type "${type.slice(0, 100)}" is not supported.`, {
    param,
  })
}

function toCall(item: z.infer<typeof CallItem> | z.infer<typeof McpCallItem>): SaidCall {
  const { name, arguments: args } = item
  if (item.type === 'function_call') {
    return { ...{ id: item.call_id, name, source: 'client', arguments: args }, result: null }
  }
  const { id, server_label: label, output } = item
  const error =
    typeof item.error === 'string' ? item.error : JSON.stringify(item.error ?? NO_RESULT)
  return {
    ...{ id, name, source: label === OWN_LABEL ? 'builtin' : `mcp:${label}`, arguments: args },
    result: typeof output === 'string' ? { output: readOutput(output) } : { error },
  }
}

/** Parses a tool's output if it is an object, as in this server's `mcp_call` items. */
function readOutput(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : text
  } catch {
    return text
  }
}

const NO_RESULT = 'The call has no result.'

function toAnswered({ id, param, ...answer }: Answer): Answered {
  const callId = readCallId(id)
  if (!callId) throw new DoorError(`There is no call "${id.slice(0, 100)}" here.`, { param })
  return answer.type === 'output'
    ? { type: 'output', callId, output: answer.output }
    : { type: 'decision', callId, approve: answer.approve, reason: answer.reason }
}
