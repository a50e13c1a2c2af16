import { z } from 'zod'
import { CallId } from '../ids.ts'
import { noNul } from '../storable.ts'
import { ToolCall, ToolEffect } from '../tool.ts'
import { group, mutation, query, subscription } from './declare.ts'

const JsonSchema = z.record(z.string(), z.unknown())

/** A tool as `tools.list` shows it, and as the model is offered it. */
export const ToolInfo = z.object({
  name: z.string(),
  description: z.string(),
  source: ToolCall.shape.source,
  effect: ToolEffect,
  /** `by-input` where the tool decides by the arguments of each call. */
  approval: z.enum(['never', 'writes', 'always', 'by-input']),
  /** JSON Schema, draft 2020-12. */
  inputSchema: JsonSchema,
  outputSchema: JsonSchema.exactOptional(),
  /** There are more tools than providers take: the model is not offered this one. */
  offered: z.literal(false).exactOptional(),
})
export type ToolInfo = z.infer<typeof ToolInfo>

const Note = z.string().trim().max(2_000).check(noNul)

export const tools = group('tools', {
  list: query({
    rest: 'GET /tools',
    summary: 'List the tools that the model may call',
    described: z.array(ToolInfo),
  }),

  /** Reports changes of the tool list. */
  changes: subscription({}),

  decide: mutation({
    rest: 'POST /tool-call/{callId}/decision',
    summary: 'Approve or deny a call that waits',
    input: z.object({
      callId: CallId,
      decision: z.enum(['approve', 'deny']),
      reason: Note.optional(),
    }),
    described: ToolCall,
  }),

  resolve: mutation({
    rest: 'POST /tool-call/{callId}/resolution',
    summary: 'Say how an unknown call went',
    input: z.object({
      callId: CallId,
      outcome: z.enum(['happened', 'did-not-happen', 'retry']),
      note: Note.optional(),
    }),
    described: ToolCall,
  }),
})

export const models = group('models', {
  list: query({
    rest: 'GET /models',
    summary: 'List the models that the endpoint offers',
    described: z.array(
      z.object({
        id: z.string(),
        default: z.boolean(),
        contextWindow: z.number().int().optional(),
      }),
    ),
  }),
})
