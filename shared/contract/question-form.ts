import type { QuestionContent, QuestionField, QuestionForm } from './question.ts'

/** The values that may be chosen, with their labels; null for a field with free text. */
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

const labelled = ({ const: value, title }: { const: string; title: string }) => ({
  value,
  label: title,
})
const itself = (value: string) => ({ value, label: value })

/** The error of a field of numbers. */
export const NOT_A_NUMBER = 'Must be a number.'

/** The errors in the fields of an answer, one sentence each; none when it is valid by the form. */
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
  if (typeof value !== 'number' || !Number.isFinite(value)) return NOT_A_NUMBER
  if (field.type === 'integer' && !Number.isInteger(value)) return 'Must be a whole number.'
  if (field.minimum !== undefined && value < field.minimum) {
    return `Must be ${field.minimum} or more.`
  }
  if (field.maximum !== undefined && value > field.maximum) {
    return `Must be ${field.maximum} or less.`
  }
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

/** Checks without the schema library, which the web app does not include. */
const formats: Record<string, (text: string) => boolean> = {
  email: (text) => /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/.test(text),
  uri: (text) => /^[a-z][a-z\d+.-]*:/i.test(text) && URL.canParse(text),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text),
  'date-time': (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i.test(text) &&
    isDay(text.slice(0, 10)) &&
    !Number.isNaN(Date.parse(text)),
}

/** `Date` alone is not enough: it takes the 31st of February as a day in March. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
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
  // The protocol counts characters, not UTF-16 units.
  const { length } = [...value]
  if (field.minLength !== undefined && length < field.minLength) {
    return `Needs at least ${field.minLength} characters.`
  }
  if (field.maxLength !== undefined && length > field.maxLength) {
    return `May have ${field.maxLength} characters at most.`
  }
  return field.format && !formats[field.format]?.(value) ? formatProblems[field.format] : null
}
