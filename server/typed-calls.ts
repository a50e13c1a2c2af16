import type { SessionEvent } from '../shared/contract/events.ts'
import type { Message } from '../shared/contract/message.ts'
import type { Register } from '../shared/contract/register.ts'
import type { McpToolCall, ToolCall } from '../shared/contract/tool.ts'
import type { BuiltinToolCall } from './tools/builtin.ts'
import type { CallOf, Tool } from './tools/tool.ts'
import type { ToolRegistry } from './tools/registry.ts'

type ToolCallOf<Registered> =
  | BuiltinToolCall
  | McpToolCall
  | (Registered extends { tools: readonly (infer One)[] } ? CallOf<One> : never)

/**
 * Every call that the server can make. For a tool of the server's own, and for one that an application registered, the
 * name tells the types of input and output.
 */
export type AppToolCall = ToolCallOf<Register>

/**
 * The same event, its calls typed by the tools' own schemas. A call may have been stored under earlier ones: what
 * these can read is brought forward, such as by a default; anything else is shown as it was, and marked `untyped`.
 */
export function typedEvent(
  event: SessionEvent,
  tools: Pick<ToolRegistry, 'find'>,
): SessionEvent<AppToolCall> {
  switch (event.type) {
    case 'snapshot':
      return { ...event, messages: typedMessages(event.messages, tools) }
    case 'message':
    case 'start':
      return { ...event, message: typedMessage(event.message, tools) }
    case 'tool':
      return { ...event, call: typedCall(event.call, tools) }
    case 'chunk':
    case 'end':
    case 'session':
      return event
  }
}

/** @see typedEvent */
export function typedMessages(
  messages: Message[],
  tools: Pick<ToolRegistry, 'find'>,
): Message<AppToolCall>[] {
  return messages.map((message) => typedMessage(message, tools))
}

/** @see typedEvent */
export function typedCall(call: ToolCall, tools: Pick<ToolRegistry, 'find'>): AppToolCall {
  const known = call.source === 'builtin' ? broughtForward(call, tools.find(call.name)) : call
  // Its schemas have read it, or it says that they have not: this is where the wire's type is said.
  return known as AppToolCall
}

function typedMessage(message: Message, tools: Pick<ToolRegistry, 'find'>): Message<AppToolCall> {
  const parts = message.parts.map((part) =>
    part.type === 'tool' ? { ...part, call: typedCall(part.call, tools) } : part,
  )
  return { ...message, parts }
}

function broughtForward(call: ToolCall, tool: Tool | undefined): ToolCall {
  if (!tool) return { ...call, untyped: true }
  try {
    const input = tool.input.safeParse(call.input)
    const output = call.output === undefined ? null : tool.output.safeParse(call.output)
    if (!input.success || output?.success === false) return { ...call, untyped: true }
    return { ...call, input: input.data, ...(output && { output: output.data }) }
  } catch {
    // A tool's schema may run code, such as a transform, that throws for outputs of earlier versions.
    return { ...call, untyped: true }
  }
}
