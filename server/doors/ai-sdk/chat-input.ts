import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { CallId } from '../../../shared/contract/ids.ts'
import { fileAt } from '../files/given-file.ts'
import type { GivenFile } from '../files/given-file.ts'
import { ClientTools, OutputFormat } from '../../../shared/contract/run-options.ts'

const ToolState = {
  toolCallId: CallId,
  output: z.unknown().optional(),
  errorText: z.string().optional(),
}
const ToolPart = z.union([
  z.looseObject({ ...ToolState, state: z.enum(['output-available', 'output-error']) }),
  z.looseObject({
    ...ToolState,
    state: z.literal('approval-responded'),
    approval: z.looseObject({ approved: z.boolean(), reason: z.string().optional() }),
  }),
])

const FilePart = z.looseObject({
  type: z.literal('file'),
  url: z.string(),
  filename: z.string().nullish(),
})

export const ChatBody = z.looseObject({
  id: z.string().min(1).max(200),
  messages: z.array(z.unknown()).default([]),
  trigger: z.string().optional(),
  messageId: z.string().max(200).optional(),
  model: z.string().optional(),
  /** Tools that the page carries out: `{ name, description, inputSchema }`. */
  clientTools: ClientTools.optional(),
  /** The schema of the answer: `{ schema, name?, description? }`. */
  output: OutputFormat.optional(),
})
export type ChatBody = z.infer<typeof ChatBody>

const Last = z.looseObject({
  id: z.string().max(200).optional(),
  role: z.enum(['user', 'assistant', 'system']),
  parts: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
})

export type ChatAnswer =
  | { type: 'output'; callId: CallId; output: unknown }
  | { type: 'error'; callId: CallId; error: string }
  | { type: 'decision'; callId: CallId; approved: boolean; reason: string | undefined }

export type ChatInput =
  | { type: 'message'; id: string | undefined; text: string; files: GivenFile[] }
  | { type: 'answers'; answers: ChatAnswer[] }

/** Reads the last message only: the log has the messages before it. */
export function readChatInput({ messages }: ChatBody): ChatInput {
  const last = Last.safeParse(messages.at(-1)).data
  if (!last || last.role === 'system') throw refused('The messages must end with one of the user.')
  if (last.role === 'assistant') {
    return { type: 'answers', answers: last.parts.flatMap((part) => readAnswer(part)) }
  }
  const text = last.parts.map((part) => (part.type === 'text' ? (part.text ?? '') : ''))
  const files = last.parts.flatMap((part, index) => readFile(part, `parts[${index}]`))
  return { type: 'message', id: last.id, text: text.join(''), files }
}

function readFile(given: unknown, place: string): GivenFile[] {
  const part = FilePart.safeParse(given).data
  return part ? [fileAt(part.url, { place, name: part.filename ?? null })] : []
}

function readAnswer(given: unknown): ChatAnswer[] {
  const part = ToolPart.safeParse(given).data
  if (!part) return []
  const { toolCallId: callId } = part
  if (part.state === 'approval-responded') {
    const { approved, reason } = part.approval
    return [{ type: 'decision', callId, approved, reason }]
  }
  return part.state === 'output-available'
    ? [{ type: 'output', callId, output: part.output ?? null }]
    : [{ type: 'error', callId, error: part.errorText || 'The tool failed.' }]
}

function refused(message: string): TRPCError {
  return new TRPCError({ code: 'BAD_REQUEST', message })
}
