import { z } from 'zod'
import { Timestamp } from './session.ts'

const Label = { title: z.string().optional(), description: z.string().optional() }
const Named = z.object({ const: z.string(), title: z.string() })

/** A field of a form: MCP's flat schema has texts, numbers, yes or no, and choices of texts. */
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
    /** Of the values in `enum`, for people. */
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
  /** `cancel` also where nobody answered in time, or nothing could be answered any more. */
  action: z.enum(['accept', 'decline', 'cancel']),
  /** Of an accepted form. */
  content: QuestionContent.optional(),
})
export type QuestionReply = z.infer<typeof QuestionReply>

const common = {
  id: z.uuid(),
  message: z.string(),
  /** Until when an answer is waited for. */
  until: Timestamp,
  /** Absent while the question is open. */
  reply: QuestionReply.optional(),
}

/** What an MCP server asks a person in the middle of a call. */
export const Question = z.discriminatedUnion('mode', [
  z.object({ ...common, mode: z.literal('form'), form: QuestionForm }),
  /** A page of the server's: what is entered there is no business of this server. */
  z.object({ ...common, mode: z.literal('url'), url: z.string() }),
])
export type Question = z.infer<typeof Question>

/** What is asked, without its place here. */
export type Asked =
  | { mode: 'form'; message: string; form: QuestionForm }
  | { mode: 'url'; message: string; url: string }
