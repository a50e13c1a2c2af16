import { z } from 'zod'
import { File } from './file.ts'
import { CallId } from './ids.ts'
import { Question } from './question.ts'
import { Timestamp } from './session.ts'

/**
 * The effect of repeating a call: `read` changes nothing, `idempotent` may be repeated with the same call id, `once`
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

/** The progress of a running call, as its tool reports it. */
export const ToolProgress = z.object({
  /** In any unit; it only increases. */
  done: z.number(),
  /** The final value of `done`, if it is known. */
  total: z.number().optional(),
  message: z.string().optional(),
})
export type ToolProgress = z.infer<typeof ToolProgress>

const state = {
  id: CallId,
  effect: ToolEffect,
  status: ToolStatus,
  /** The reason why the call failed, was denied, or has an unknown outcome; for the model and the person. */
  error: z.string().optional(),
  startedAt: Timestamp.optional(),
  durationMs: z.number().optional(),
  /** Present only while the call runs. */
  progress: ToolProgress.optional(),
  /** The questions of the tool's server to a person during the call; an open one is last. */
  questions: z.array(Question).optional(),
  /** The stored files that the call returned besides its output. */
  files: z.array(File).optional(),
  /** One sentence for each file that could not be stored; for the model and the person. */
  fileNotes: z.array(z.string()).optional(),
  /**
   * The input or output does not match the tool's current schema: it was stored under an earlier version, or the model
   * wrote wrong arguments. Both are then passed on unchanged, and their static types do not hold.
   */
  untyped: z.literal(true).optional(),
}

export const ToolCall = z.object({
  ...state,
  name: z.string(),
  /** `client` for a tool that the client declared and carries out itself: it runs until `tools.answer`. */
  source: z.union([
    z.literal('builtin'),
    z.literal('client'),
    z.templateLiteral(['mcp:', z.string()]),
  ]),
  input: z.unknown(),
  output: z.unknown().optional(),
})
/** Any call, as it is stored and sent: input and output are any JSON. */
export type ToolCall = z.infer<typeof ToolCall>

type ToolCallState = Pick<
  ToolCall,
  | 'id'
  | 'effect'
  | 'status'
  | 'error'
  | 'startedAt'
  | 'durationMs'
  | 'progress'
  | 'questions'
  | 'files'
  | 'fileNotes'
  | 'untyped'
>

/** A call of a tool with statically known name, input and output. */
export type KnownToolCall<Name extends string, Input, Output> = ToolCallState & {
  name: Name
  source: 'builtin'
  input: Input
  output?: Output
}

/** A call of a tool of an MCP server: `server__tool`, with unknown types. */
export type McpToolCall = ToolCallState & {
  name: `${string}__${string}`
  source: `mcp:${string}`
  input: unknown
  output?: unknown
}
