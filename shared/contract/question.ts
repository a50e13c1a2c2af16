import { z } from 'zod'
import { Timestamp } from './session.ts'

const Label = { title: z.string().optional(), description: z.string().optional() }
const Named = z.object({ const: z.string(), title: z.string() })

/** A field of a form. MCP's flat schema has texts, numbers, booleans, and choices of texts. */
export const QuestionField = z.union([
  z.object({ ...Label, type: z.literal('boolean'), default: z.boolean().optional() }),
  z.object({
    ...Label,
    type: z.enum(['number', 'integer']),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    default: z.number().optional(),
  }),
  z.object({
    ...Label,
    type: z.literal('array'),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    items: z.union([
      z.object({ anyOf: z.array(Named).min(1) }),
      z.object({ enum: z.array(z.string()).min(1) }),
    ]),
    default: z.array(z.string()).optional(),
  }),
  z.object({
    ...Label,
    type: z.literal('string'),
    oneOf: z.array(Named).min(1).optional(),
    enum: z.array(z.string()).min(1).optional(),
    /** Labels of the values in `enum`. */
    enumNames: z.array(z.string()).optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    format: z.enum(['email', 'uri', 'date', 'date-time']).optional(),
    default: z.string().optional(),
  }),
])
export type QuestionField = z.infer<typeof QuestionField>

export const QuestionForm = z.object({
  properties: z.record(z.string(), QuestionField),
  required: z.array(z.string()).optional(),
})
export type QuestionForm = z.infer<typeof QuestionForm>

export const QuestionContent = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
)
export type QuestionContent = z.infer<typeof QuestionContent>

export const QuestionReply = z.object({
  /** `cancel` also when nobody replied in time, or a reply is of no use any more. */
  action: z.enum(['accept', 'decline', 'cancel']),
  /** The content of an accepted form. */
  content: QuestionContent.optional(),
})
export type QuestionReply = z.infer<typeof QuestionReply>

const common = {
  id: z.uuid(),
  message: z.string(),
  /** The time until which a reply is waited for. */
  until: Timestamp,
  /** Absent while the question is open. */
  reply: QuestionReply.optional(),
}

/** A question of an MCP server to a person during a call. */
export const Question = z.discriminatedUnion('mode', [
  z.object({ ...common, mode: z.literal('form'), form: QuestionForm }),
  /** A page of the MCP server. What a person enters there does not go through this server. */
  z.object({ ...common, mode: z.literal('url'), url: z.string() }),
])
export type Question = z.infer<typeof Question>

/** A question without its id and its time. */
export type Asked =
  | { mode: 'form'; message: string; form: QuestionForm }
  | { mode: 'url'; message: string; url: string }
