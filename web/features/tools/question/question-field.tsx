import { useId } from 'react'
import { choicesOf } from '../../../../shared/contract/question-form.ts'
import { t } from '../../../language/t.ts'
import type { QuestionField as Field } from '../../../../shared/contract/question.ts'

/** The value of a field. That of a number is the typed text too. */
export type FieldValue = string | boolean | readonly string[]

const box = 'h-10 w-full min-w-0 rounded-lg border border-control bg-bg px-3 text-base'
const inputTypes: Partial<Record<string, string>> = {
  email: 'email',
  uri: 'url',
  date: 'date',
}

/** A field of a form that an MCP server asks for. */
export function QuestionField(props: {
  name: string
  field: Field
  isRequired: boolean
  value: FieldValue
  problem: string | undefined
  onChange: (value: FieldValue) => void
}) {
  const { name, field, isRequired, value, problem, onChange } = props
  const id = useId()
  const label = field.title ?? name
  const choices = choicesOf(field)
  const notes = [problem && `${id}problem`, field.description && `${id}note`].filter(Boolean)
  const common = {
    'aria-describedby': notes.length > 0 ? notes.join(' ') : undefined,
    'aria-invalid': problem !== undefined || undefined,
  }
  const explanation = (
    <>
      {field.description && (
        <p id={`${id}note`} className="text-xs wrap-anywhere text-muted">
          {field.description}
        </p>
      )}
      {problem && (
        <p id={`${id}problem`} className="text-xs text-danger">
          {problem}
        </p>
      )}
    </>
  )
  const optional = !isRequired && <span className="font-normal text-muted"> {t('(optional)')}</span>

  if (field.type === 'boolean') {
    return (
      <div className="grid gap-1">
        <label className="flex min-h-8 items-center gap-2 text-sm font-medium">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={value === true}
            onChange={({ target }) => onChange(target.checked)}
            {...common}
          />
          <span className="wrap-anywhere">{label}</span>
        </label>
        {explanation}
      </div>
    )
  }
  if (field.type === 'array') {
    const chosen = Array.isArray(value) ? value : []
    return (
      <fieldset className="grid gap-1" {...common}>
        <legend className="mb-1 text-sm font-medium wrap-anywhere">
          {label}
          {optional}
        </legend>
        {choices?.map((choice) => (
          <label key={choice.value} className="flex min-h-8 items-center gap-2 text-sm">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={chosen.includes(choice.value)}
              onChange={({ target }) =>
                onChange(
                  target.checked
                    ? [...chosen, choice.value]
                    : chosen.filter((one) => one !== choice.value),
                )
              }
            />
            <span className="wrap-anywhere">{choice.label}</span>
          </label>
        ))}
        {explanation}
      </fieldset>
    )
  }
  const typed = typeof value === 'string' ? value : ''
  const isNumber = field.type !== 'string'
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm font-medium wrap-anywhere">
        {label}
        {optional}
      </label>
      {choices ? (
        <select
          id={id}
          className={box}
          value={typed}
          aria-required={isRequired}
          onChange={({ target }) => onChange(target.value)}
          {...common}
        >
          <option value="">{t('Choose…')}</option>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          dir="auto"
          className={box}
          // Of a number, for the browser's own number box loses what it cannot read.
          inputMode={isNumber ? (field.type === 'integer' ? 'numeric' : 'decimal') : undefined}
          type={isNumber ? 'text' : (inputTypes[field.format ?? ''] ?? 'text')}
          value={typed}
          aria-required={isRequired}
          onChange={({ target }) => onChange(target.value)}
          {...common}
        />
      )}
      {explanation}
    </div>
  )
}
