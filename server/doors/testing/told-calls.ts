import { z } from 'zod'
import type { Message } from '../../../shared/contract/message.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { hex } from '../ids.ts'
import type { NumberedEvent } from '../openai/response-events.ts'

const Ended = z.looseObject({
  response: z.looseObject({
    output: z.array(z.looseObject({ id: z.string(), type: z.string() })),
  }),
})

/** The calls of a message, in their order. */
export function callsOf({ parts }: Message): ToolCall[] {
  return parts.flatMap((part) => (part.type === 'tool' ? [part.call] : []))
}

const SETTLED: Record<string, string> = {
  ...{ completed: 'output-available', denied: 'output-denied' },
  ...{ failed: 'output-error', unknown: 'output-error' },
}

const Settled = z.looseObject({
  ...{ toolCallId: z.string(), state: z.string() },
  ...{ output: z.unknown().optional(), errorText: z.string().optional() },
})

/** The outcome of a call in a part of the AI SDK's message. */
export function toSettled(part: unknown): unknown[] {
  const { toolCallId, state, output, errorText } = Settled.parse(part)
  return [toolCallId, state, output, errorText]
}

/** The same by the call. */
export function settledBy({ id, status, output, error }: ToolCall): unknown[] {
  return [
    ...[id, SETTLED[status] ?? status, status === 'completed' ? output : undefined],
    status === 'failed' || status === 'unknown' ? (error ?? 'The call failed.') : undefined,
  ]
}

/** The final item of each call in the responses of a run, by the item's id. */
export function calledIn(segments: readonly (readonly NumberedEvent[])[]): Record<string, unknown> {
  const items = segments.flatMap((events) => Ended.parse(events.at(-1)).response.output)
  return Object.fromEntries(
    items
      .filter(({ type }) => type === 'function_call' || type === 'mcp_call')
      .map(({ id, type, status, output, error }) => [
        id,
        type === 'function_call' ? { status } : { status, output, failed: error !== null },
      ]),
  )
}

/** The same by the message. A function that was never asked for has no item. */
export function calledBy(message: Message): Record<string, unknown> {
  const told = callsOf(message).filter(({ name }) => name !== 'bad')
  return Object.fromEntries(
    told.map(({ id, source, status, output, error }) =>
      source === 'client'
        ? [`fc_${hex(id)}`, { status: 'completed' }]
        : [
            `mcp_${hex(id)}`,
            {
              status: status === 'completed' ? 'completed' : 'failed',
              ...{ output: output ?? null, failed: error !== undefined },
            },
          ],
    ),
  )
}
