import { z } from 'zod'
import { CallId, MessageId } from '../../../shared/contract/ids.ts'

const Command = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('user_message'),
    content: z.string().min(1),
    id: MessageId.optional(),
  }),
  z.object({ type: z.literal('stop') }),
  z.object({
    type: z.literal('tool_decision'),
    call_id: CallId,
    decision: z.enum(['approve', 'deny']),
    reason: z.string().optional(),
  }),
])
const TYPES = Command.options.map((option) => option.shape.type.value)

/** A command of the plain protocol. `id` makes a message safe to send again after a lost connection. */
export type PlainCommand = z.infer<typeof Command>

export type PlainInput = { command: PlainCommand } | { refusal: string }

/**
 * Reads one frame. Only a JSON object is a command: whatever else a person types, also `42` or `"hello"`, is a
 * message to be answered.
 */
export function readPlainInput(data: string, isBinary: boolean): PlainInput {
  if (isBinary) return { refusal: 'Send text frames, not binary ones.' }
  const value = parseObject(data)
  if (value === null) {
    return data.trim() === ''
      ? { refusal: 'The message is empty.' }
      : { command: { type: 'user_message', content: data } }
  }
  const parsed = Command.safeParse(value)
  if (parsed.success) return { command: parsed.data }
  const type = 'type' in value ? value.type : undefined
  if (!TYPES.some((known) => known === type)) {
    return { refusal: `The type must be one of ${TYPES.join(', ')}.` }
  }
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  return { refusal: wrong.join('; ') }
}

function parseObject(data: string): object | null {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
