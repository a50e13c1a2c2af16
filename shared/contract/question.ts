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

export function openQuestion(call: { questions?: Question[] | undefined }): Question | undefined {
  return call.questions?.find(({ reply }) => reply === undefined)
}

/** The questions with each that is open closed: nobody waits for an answer any more. */
export function closed(questions: readonly Question[]): Question[] {
  return questions.map((question) =>
    question.reply ? question : { ...question, reply: { action: 'cancel' } },
  )
}

/** The values that may be chosen, with what people see of them; null where any text will do. */
export function choicesOf(field: QuestionField): { value: string; label: string }[] | null {
  if (field.type === 'array') {
    const { items } = field
    return 'anyOf' in items ? items.anyOf.map(labelled) : items.enum.map(itself)
  }
  if (field.type !== 'string') return null
  if (field.oneOf) return field.oneOf.map(labelled)
  const { enum: values, enumNames: names } = field
  return values?.map((value, index) => ({ value, label: names?.[index] ?? value })) ?? null
}

const labelled = ({ const: value, title }: z.infer<typeof Named>) => ({ value, label: title })
const itself = (value: string) => ({ value, label: value })

/** What is wrong with the fields of an answer, a sentence each; none when it is what the form asks for. */
export function problemsIn(form: QuestionForm, content: QuestionContent): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const name of Object.keys(content)) {
    if (!Object.hasOwn(form.properties, name)) problems[name] = 'There is no such field.'
  }
  for (const [name, field] of Object.entries(form.properties)) {
    const value = Object.hasOwn(content, name) ? content[name] : undefined
    const problem =
      value === undefined
        ? form.required?.includes(name)
          ? 'Needs a value.'
          : null
        : problemOf(field, value)
    if (problem) problems[name] = problem
  }
  return problems
}

function problemOf(field: QuestionField, value: QuestionContent[string]): string | null {
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'Must be yes or no.'
    case 'number':
    case 'integer':
      return problemOfNumber(field, value)
    case 'array':
      return problemOfChoices(field, value)
    case 'string':
      return typeof value === 'string' ? problemOfText(field, value) : 'Must be text.'
  }
}

function problemOfNumber(
  field: Extract<QuestionField, { type: 'number' | 'integer' }>,
  value: QuestionContent[string],
): string | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'Must be a number.'
  if (field.type === 'integer' && !Number.isInteger(value)) return 'Must be a whole number.'
  if (field.minimum !== undefined && value < field.minimum) return `Must be ${field.minimum} or more.`
  if (field.maximum !== undefined && value > field.maximum) return `Must be ${field.maximum} or less.`
  return null
}

function problemOfChoices(
  field: Extract<QuestionField, { type: 'array' }>,
  value: QuestionContent[string],
): string | null {
  if (!Array.isArray(value)) return 'Must be a list.'
  const known = new Set(choicesOf(field)?.map((choice) => choice.value))
  if (!value.every((one) => known.has(one))) return 'Must be some of the choices.'
  if (new Set(value).size < value.length) return 'Must have each choice once.'
  if (field.minItems !== undefined && value.length < field.minItems) {
    return `Needs at least ${field.minItems}.`
  }
  if (field.maxItems !== undefined && value.length > field.maxItems) {
    return `May have ${field.maxItems} at most.`
  }
  return null
}

const formats = {
  email: z.email(),
  uri: z.url(),
  date: z.iso.date(),
  'date-time': z.iso.datetime({ offset: true }),
}
const formatProblems = {
  email: 'Must be an email address.',
  uri: 'Must be an address such as https://example.com.',
  date: 'Must be a date such as 2026-01-31.',
  'date-time': 'Must be a date and time such as 2026-01-31T12:00:00Z.',
}

function problemOfText(
  field: Extract<QuestionField, { type: 'string' }>,
  value: string,
): string | null {
  const choices = choicesOf(field)
  if (choices) {
    return choices.some((choice) => choice.value === value) ? null : 'Must be one of the choices.'
  }
  // The protocol counts characters.
  const { length } = [...value]
  if (field.minLength !== undefined && length < field.minLength) {
    return `Needs at least ${field.minLength} characters.`
  }
  if (field.maxLength !== undefined && length > field.maxLength) {
    return `May have ${field.maxLength} characters at most.`
  }
  return field.format && !formats[field.format].safeParse(value).success
    ? formatProblems[field.format]
    : null
}
