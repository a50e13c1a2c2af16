import type { SessionEvent } from '../shared/contract/events.ts'
import type { Message } from '../shared/contract/message.ts'
import type { McpToolCall, ToolCall } from '../shared/contract/tool.ts'
import type { BuiltinToolCall } from './tools/builtin.ts'

/** Every call that this server can make. For a built-in tool, the name tells the types of input and output. */
export type AppToolCall = BuiltinToolCall | McpToolCall

/**
 * The same event, its calls typed by the tools' own schemas. What is stored was checked against them when it was
 * recorded; this is where the wire's type is said.
 */
export function typedEvent(event: SessionEvent): SessionEvent<AppToolCall> {
  return event as SessionEvent<AppToolCall>
}

/** @see typedEvent */
export function typedCall(call: ToolCall): AppToolCall {
  return call as AppToolCall
}

/** @see typedEvent */
export function typedMessages(messages: Message[]): Message<AppToolCall>[] {
  return messages as Message<AppToolCall>[]
}
