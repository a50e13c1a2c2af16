import { NOT_A_NUMBER, problemsIn } from '../../../../shared/contract/question-form.ts'
import type { QuestionContent, QuestionForm } from '../../../../shared/contract/question.ts'
import type { FieldValue } from './question-field.tsx'

/** The initial values of a form: each field's default. */
export function firstValues(form: QuestionForm): Record<string, FieldValue> {
  return Object.fromEntries(
    Object.entries(form.properties).map(([name, field]) => {
      if (field.type === 'boolean') return [name, field.default ?? false]
      if (field.type === 'array') return [name, field.default ?? []]
      return [name, field.default === undefined ? '' : String(field.default)]
    }),
  )
}

/**
 * The values of a form: those that were stored before, where they still fit the form, else the initial ones.
 * @param kept the values as JSON; empty when nothing was written
 */
export function keptValues(form: QuestionForm, kept: string): Record<string, FieldValue> {
  const values = firstValues(form)
  const written: unknown = kept === '' ? null : JSON.parse(kept)
  if (typeof written !== 'object' || written === null) return values
  for (const [name, value] of Object.entries(written)) {
    const first = values[name]
    const isList = Array.isArray(value) && value.every((one) => typeof one === 'string')
    if (Array.isArray(first) ? isList : typeof value === typeof first) values[name] = value
  }
  return values
}

/** The reply of the form and the errors in it. Empty fields are left out. */
export function readFields(
  form: QuestionForm,
  values: Readonly<Record<string, FieldValue>>,
): { content: QuestionContent; problems: Record<string, string> } {
  const content: QuestionContent = {}
  const unreadable: Record<string, string> = {}
  for (const [name, field] of Object.entries(form.properties)) {
    const value = values[name]
    if (value === undefined || value === '') continue
    if (field.type === 'array') {
      const isLeft = Array.isArray(value) && value.length === 0 && !form.required?.includes(name)
      if (Array.isArray(value) && !isLeft) content[name] = [...value]
    } else if (field.type === 'number' || field.type === 'integer') {
      const number = Number(String(value).trim().replace(',', '.'))
      if (Number.isFinite(number)) content[name] = number
      else unreadable[name] = NOT_A_NUMBER
    } else if (!Array.isArray(value) && typeof value !== 'object') {
      content[name] = value
    }
  }
  return { content, problems: { ...problemsIn(form, content), ...unreadable } }
}
