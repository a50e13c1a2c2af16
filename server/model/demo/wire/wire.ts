import { objectOf } from '../../json.ts'
import type { JsonObject } from '../../json.ts'
import type { Conversation } from '../conversation.ts'
import type { Generation } from '../generation.ts'

/** One of the two APIs on the demo model's side. */
export type Wire = {
  /** Throws a `BadRequest` for what the real API refuses too. */
  read(body: JsonObject): Conversation
  /** The answer to a request without streaming. */
  whole(generation: Generation): JsonObject
  events(generation: Generation, body: JsonObject): Iterable<WireMessage>
}

/** A server-sent event. A `paced` event is one token, and waits for its turn. */
export type WireMessage = { event?: string; data: JsonObject | '[DONE]'; paced: boolean }

/** The field in which either API asks for JSON, and where its schema is. */
export function readOutput(format: JsonObject, schema: unknown): Pick<Conversation, 'output'> {
  if (format.type === 'json_object') return { output: { schema: null } }
  return format.type === 'json_schema' ? { output: { schema: objectOf(schema) } } : {}
}

export class BadRequest extends Error {
  override name = 'BadRequest'
  readonly param: string
  constructor(message: string, param: string) {
    super(message)
    this.param = param
  }
}

/**
 * Checks as the real APIs do that each output belongs to a call, and that each call has its output before the next
 * text.
 */
export function checkCalls({ turns }: Conversation, param: string): void {
  const open = new Set<string>()
  for (const turn of turns) {
    if (turn.role === 'tool') {
      if (!open.delete(turn.callId)) {
        throw new BadRequest(`No tool call found for the output with the id ${turn.callId}.`, param)
      }
      continue
    }
    // Responses splits an assistant's turn into items, so calls may follow calls.
    if (turn.role === 'user' || turn.text !== '') refuseOpen(open, param)
    if (turn.role === 'assistant') for (const { id } of turn.calls) open.add(id)
  }
  refuseOpen(open, param)
}

function refuseOpen(open: ReadonlySet<string>, param: string): void {
  if (open.size > 0) {
    throw new BadRequest(`No tool output found for the calls ${[...open].join(', ')}.`, param)
  }
}
