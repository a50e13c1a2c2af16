import { z } from 'zod'
import { CallId } from './ids.ts'
import { Timestamp } from './session.ts'

/**
 * What repeating a call does: `read` changes nothing, `idempotent` may be repeated under the same call id, `once`
 * must never start twice.
 */
export const ToolEffect = z.enum(['read', 'idempotent', 'once'])
export type ToolEffect = z.infer<typeof ToolEffect>

export const ToolStatus = z.enum([
  'pending',
  'awaiting-approval',
  'running',
  'completed',
  'failed',
  'denied',
  'unknown',
])
export type ToolStatus = z.infer<typeof ToolStatus>

/** How far a call that runs has come, as its tool tells it. */
export const ToolProgress = z.object({
  /** In units of the tool's own; it only grows. */
  done: z.number(),
  /** What `done` will be at the end, where the tool knows. */
  total: z.number().optional(),
  message: z.string().optional(),
})
export type ToolProgress = z.infer<typeof ToolProgress>

const state = {
  id: CallId,
  effect: ToolEffect,
  status: ToolStatus,
  /** Why the call failed, was denied, or is unknown; written for the model and for a person. */
  error: z.string().optional(),
  startedAt: Timestamp.optional(),
  durationMs: z.number().optional(),
  /** Only while the call runs. */
  progress: ToolProgress.optional(),
  /**
   * Input or output is not of the shape that the tool declares today: stored under an earlier version of it, or
   * arguments that the model got wrong. Both are then shown as they were, and what the types say of them does not hold.
   */
  untyped: z.literal(true).optional(),
}

export const ToolCall = z.object({
  ...state,
  name: z.string(),
  source: z.union([z.literal('builtin'), z.templateLiteral(['mcp:', z.string()])]),
  input: z.unknown(),
  output: z.unknown().optional(),
})
/** Any call, as it is stored and sent: input and output are whatever JSON the tool takes and gives. */
export type ToolCall = z.infer<typeof ToolCall>

type ToolCallState = Pick<
  ToolCall,
  'id' | 'effect' | 'status' | 'error' | 'startedAt' | 'durationMs' | 'progress' | 'untyped'
>

/** A call of a tool whose name, input and output are known to the types. */
export type KnownToolCall<Name extends string, Input, Output> = ToolCallState & {
  name: Name
  source: 'builtin'
  input: Input
  output?: Output
}

/** A call of a tool that an MCP server offers: `server__tool`, of unknown shape. */
export type McpToolCall = ToolCallState & {
  name: `${string}__${string}`
  source: `mcp:${string}`
  input: unknown
  output?: unknown
}
