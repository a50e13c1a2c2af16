import { objectOf } from '../../json.ts'
import type { JsonObject } from '../../json.ts'
import type { Conversation } from '../conversation.ts'
import type { Generation } from '../generation.ts'

/** One of the two APIs, as the demo model speaks it. */
export type Wire = {
  /** Throws a `BadRequest` for what the real API would not take either. */
  read(body: JsonObject): Conversation
  /** The answer to a request that asks for no stream. */
  whole(generation: Generation): JsonObject
  events(generation: Generation, body: JsonObject): Iterable<WireMessage>
}

/** A server-sent event; `paced` ones stand for a token and come at the speed of one. */
export type WireMessage = { event?: string; data: JsonObject | '[DONE]'; paced: boolean }

/** How the answer is asked for as JSON: the field of either API, and where its schema is in it. */
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

/** Like the real APIs: each output belongs to a call, and each call has its output before anybody speaks again. */
export function checkCalls({ turns }: Conversation, param: string): void {
  const open = new Set<string>()
  for (const turn of turns) {
    if (turn.role === 'tool') {
      if (!open.delete(turn.callId)) {
        throw new BadRequest(`No tool call found for the output with the id ${turn.callId}.`, param)
      }
      continue
    }
    // Responses splits an assistant's step into items, so calls may follow calls.
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
