import type { ToolCall } from '../../../shared/contract/tool.ts'
import { callId, hex } from '../ids.ts'
import type { Item } from './response-object.ts'
import type { Unnumbered } from './text-items.ts'

/** A function that the client carries out, a request for a person's approval, or a call that the server carries out. */
export type CallKind = 'function' | 'approval' | 'server'

/** The kind of the call's item; null while there is none, and for calls between the model and the server only. */
export function kindOf({ source, status }: ToolCall): CallKind | null {
  if (source === 'client') {
    return status === 'running' ? 'function' : null
  }
  return status === 'awaiting-approval' ? 'approval' : status === 'pending' ? null : 'server'
}

/** True for a call that the client answers. */
export function isAsked(kind: CallKind | null): kind is 'function' | 'approval' {
  return kind === 'function' || kind === 'approval'
}

export function callItem(kind: CallKind, call: ToolCall, status: string): Item {
  const args = argumentsOf(call)
  const name = call.name
  switch (kind) {
    case 'function':
      return {
        type: 'function_call',
        id: `fc_${hex(call.id)}`,
        call_id: callId(call.id),
        name,
        arguments: args,
        status,
      }
    case 'approval':
      return {
        type: 'mcp_approval_request',
        id: `mcpr_${hex(call.id)}`,
        status: 'completed',
        server_label: labelOf(call),
        name,
        arguments: args,
      }
    case 'server':
      return {
        ...{ type: 'mcp_call', id: `mcp_${hex(call.id)}`, server_label: labelOf(call), name },
        ...{ arguments: args, status },
        output: call.output === undefined ? null : textOf(call.output),
        error: call.error === undefined ? null : toError(call.error),
      }
  }
}

/** The item of a call that the server carries out, in the call's current state. */
export function itemOfServerCall(call: ToolCall): Item {
  switch (call.status) {
    case 'awaiting-approval':
      return callItem('approval', call, 'completed')
    case 'pending':
    case 'running':
      return callItem('server', call, 'in_progress')
    case 'completed':
      return callItem('server', call, 'completed')
    case 'denied':
    case 'failed':
    case 'unknown':
      return callItem('server', call, 'failed')
  }
}

function toError(text: string): Record<string, unknown> {
  return { type: 'mcp_tool_execution_error', content: [{ type: 'text', text }] }
}

/** The events of a function's call or of an approval request, which are sent complete at once. */
export function callAtOnce(
  kind: 'function' | 'approval',
  call: ToolCall,
  index: number,
): Unnumbered[] {
  const item = callItem(kind, call, 'completed')
  const place = { item_id: item.id, output_index: index }
  const args = argumentsOf(call)
  const added = kind === 'function' ? callItem(kind, call, 'in_progress') : item
  return [
    {
      ...{ type: 'response.output_item.added', output_index: index },
      item: kind === 'function' ? { ...added, arguments: '' } : added,
    },
    ...(kind === 'function'
      ? [
          { type: 'response.function_call_arguments.delta', ...place, delta: args },
          {
            type: 'response.function_call_arguments.done',
            ...place,
            name: call.name,
            arguments: args,
          },
        ]
      : []),
    { type: 'response.output_item.done', output_index: index, item },
  ]
}

export function beginServerCall(call: ToolCall, index: number): Unnumbered[] {
  const item = callItem('server', { ...call, output: undefined }, 'in_progress')
  const place = { item_id: item.id, output_index: index }
  return [
    { type: 'response.output_item.added', output_index: index, item },
    { type: 'response.mcp_call.in_progress', ...place },
    { type: 'response.mcp_call_arguments.done', ...place, arguments: argumentsOf(call) },
  ]
}

export function endServerCall(call: ToolCall, index: number): { events: Unnumbered[]; item: Item } {
  const status = call.status === 'completed' ? 'completed' : 'failed'
  const item = callItem('server', call, status)
  return {
    item,
    events: [
      { type: `response.mcp_call.${status}`, item_id: item.id, output_index: index },
      { type: 'response.output_item.done', output_index: index, item },
    ],
  }
}

function argumentsOf({ input }: ToolCall): string {
  return typeof input === 'string' ? input : (JSON.stringify(input) ?? '')
}

export function textOf(output: unknown): string {
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? '')
}

/** The label of the server's own tools, which come from no MCP server. */
export const OWN_LABEL = 'throughline'

function labelOf({ source }: ToolCall): string {
  return source.startsWith('mcp:') ? source.slice('mcp:'.length) : OWN_LABEL
}
