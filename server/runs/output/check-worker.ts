import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { answerFromThread } from '../../concurrency/thread-work.ts'
import { ThreadRefusal } from '../../concurrency/threads.ts'
import type { OutputTask } from './check.ts'

/** The most faults that a message lists. */
const MOST_FAULTS = 5

answerFromThread(({ schema, text }: OutputTask): null => {
  const validate = schema && compiled(schema)
  if (text !== null) check(parsed(text), validate)
  return null
})

function compiled({ $schema: dialect, ...schema }: Record<string, unknown>): ValidateFunction {
  if (schema.$async !== undefined) throw new ThreadRefusal('its schema is of an unknown kind.')
  const isOld = typeof dialect === 'string' && /draft-0[4-7]/.test(dialect)
  // By the specification of JSON Schema a `format` only describes a text; it is no condition unless a vocabulary says
  // so.
  const options = { strict: false, validateFormats: false, logger: false } as const
  try {
    return isOld ? new Ajv(options).compile(schema) : new Ajv2020(options).compile(schema)
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 300) : 'unknown'
    throw new ThreadRefusal(`its schema is no valid JSON Schema (${reason}).`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : 'unknown'
    throw new ThreadRefusal(`it cannot be parsed (${reason}).`)
  }
}

function check(value: unknown, validate: ValidateFunction | null): void {
  if (validate) {
    if (validate(value) !== true) throw new ThreadRefusal(describe(validate.errors ?? []))
  } else if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ThreadRefusal('it is no object.')
  }
}

function describe(errors: readonly ErrorObject[]): string {
  const shown = errors.slice(0, MOST_FAULTS).map(({ instancePath, message }) => {
    const place = instancePath === '' ? 'it' : instancePath.slice(0, 100)
    return `${place} ${message?.slice(0, 200) ?? 'is not valid'}`
  })
  return `${shown.join('; ')}.`
}
