import { z } from 'zod'
import { CallId } from '../ids.ts'
import { QuestionContent } from '../question.ts'
import { isNestedTooDeeply, noNul } from '../storable.ts'
import { ToolCall, ToolEffect } from '../tool.ts'
import { group, mutation, query, subscription } from './declare.ts'

const JsonSchema = z.record(z.string(), z.unknown())

/** A tool in `tools.list`, with what the model reads of it. */
export const ToolInfo = z.object({
  name: z.string(),
  /** The name for people, if the tool has one. */
  title: z.string().exactOptional(),
  description: z.string(),
  source: ToolCall.shape.source,
  effect: ToolEffect,
  /** `by-input` when the tool decides by the arguments of each call. */
  approval: z.enum(['never', 'writes', 'always', 'by-input']),
  /** JSON Schema, draft 2020-12. */
  inputSchema: JsonSchema,
  outputSchema: JsonSchema.exactOptional(),
  /** Present when there are more tools than providers accept, and the model does not get this one. */
  offered: z.literal(false).exactOptional(),
})
export type ToolInfo = z.infer<typeof ToolInfo>

/** The longest output of a client's tool, in UTF-16 units of JSON; an event has it whole. */
const MAX_OUTPUT_LENGTH = 200_000

const Output = z
  .unknown()
  .refine((output) => !isNestedTooDeeply(output), 'is nested too deeply')
  .refine(
    (output) => (JSON.stringify(output) ?? '').length <= MAX_OUTPUT_LENGTH,
    `may have ${MAX_OUTPUT_LENGTH.toLocaleString('en')} characters of JSON at most`,
  )
  .refine(
    (output) => !(JSON.stringify(output) ?? '').includes('\\u0000'),
    'must not contain the character U+0000',
  )

/** The longest reply in UTF-16 units of JSON. */
const MAX_REPLY_LENGTH = 64_000

const Reply = QuestionContent.refine(
  (content) => JSON.stringify(content).length <= MAX_REPLY_LENGTH,
  `may have ${MAX_REPLY_LENGTH.toLocaleString('en')} characters of JSON at most`,
).refine(
  (content) => !JSON.stringify(content).includes('\\u0000'),
  'must not contain the character U+0000',
)

const Note = z.string().trim().max(2_000).check(noNul)

/** The reason why there is no output, for the model and the person. */
const CallError = z.string().trim().min(1).max(2_000).check(noNul)

const SAYS_ONE = 'needs either an output or an error'

function saysOne({ output, error }: { output?: unknown; error?: string | undefined }): boolean {
  return (output === undefined) !== (error === undefined)
}

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

  /**
   * The output of a call that the client carries out. Repeating the same one gives the same answer, another one is a
   * conflict.
   */
  answer: mutation({
    rest: 'POST /tool-call/{callId}/answer',
    summary: 'Give the output of a call that the client carries out',
    input: z
      .object({ callId: CallId, output: Output.optional(), error: CallError.optional() })
      .refine(saysOne, SAYS_ONE),
    described: ToolCall,
    repeat: true,
  }),

  /**
   * Outputs of several calls of one answer, and decisions about them, all recorded or none. Repeating the same gives
   * the same answer, anything else is a conflict.
   */
  answerAll: mutation({
    rest: 'POST /tool-calls/answers',
    summary: 'Give outputs and decisions of several calls of one answer at once',
    input: z.object({
      answers: z
        .array(
          z.union([
            z.object({
              callId: CallId,
              decision: z.enum(['approve', 'deny']),
              reason: Note.optional(),
            }),
            z
              .object({ callId: CallId, output: Output.optional(), error: CallError.optional() })
              .refine(saysOne, SAYS_ONE),
          ]),
        )
        .min(1)
        .max(200),
    }),
    described: z.array(ToolCall),
    repeat: true,
  }),

  /**
   * A person's reply to a question for which a call waits. Repeating the same one gives the same answer, another one is
   * a conflict.
   */
  reply: mutation({
    rest: 'POST /tool-call/{callId}/reply',
    summary: 'Reply to what an MCP server asks in the middle of a call',
    input: z
      .object({
        callId: CallId,
        questionId: z.uuid(),
        action: z.enum(['accept', 'decline', 'cancel']),
        content: Reply.optional(),
      })
      .refine(
        ({ action, content }) => action === 'accept' || content === undefined,
        'only what is accepted has content',
      ),
    described: ToolCall,
    repeat: true,
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
        /** True when the model accepts pictures; absent when that is unknown. */
        sees: z.boolean().optional(),
        /** US dollars; absent when the prices are unknown. */
        usdPerMillionTokens: z.object({ input: z.number(), output: z.number() }).optional(),
      }),
    ),
  }),
})
