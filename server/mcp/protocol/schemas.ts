import { Ajv } from '@modelcontextprotocol/client/validators/ajv'
import { isNestedTooDeeply } from '../../../shared/contract/storable.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

/** UTF-16 units of JSON. Schemas are sent to the model with every step. */
const MAX_SCHEMA = 32_768

/** The most invalid keywords that are removed from one schema; with more, it is hardly a schema. */
const MAX_DROPPED = 64

const ajv = new Ajv({ strict: false, logger: false })

type Mended =
  | { schema: Record<string, unknown>; dropped: string[] }
  /** The reason why the tool cannot be offered. */
  | { problem: string }

/**
 * Turns the schema of a tool's arguments into a valid schema of an object: adds what is missing, and removes invalid
 * keywords such as `required: null`. The server itself validates the arguments.
 */
export function mendedSchema(listed: unknown): Mended {
  // Without a schema, any arguments are allowed.
  if (listed === null || listed === undefined) {
    return { schema: { type: 'object', properties: {} }, dropped: [] }
  }
  if (!isRecord(listed)) return { problem: 'its input schema is no JSON Schema' }
  if (isNestedTooDeeply(listed)) return { problem: 'its input schema is nested too deeply' }
  if (!isShort(listed)) return { problem: `its schema is longer than ${MAX_SCHEMA} characters` }
  const { type = 'object', $id: _, ...rest } = structuredClone(withoutDialect(listed))
  const isOfObjects =
    type === null || (Array.isArray(type) ? type.includes('object') : type === 'object')
  if (!isOfObjects) return { problem: 'its input is no object' }
  const schema: Record<string, unknown> = { type: 'object', ...rest }
  const dropped: string[] = []
  for (let place = faultIn(schema); place !== null; place = faultIn(schema)) {
    if (place === '' || dropped.length >= MAX_DROPPED || !drop(schema, place)) {
      return { problem: 'its input schema is no JSON Schema' }
    }
    dropped.push(place)
  }
  return { schema: { ...schema, properties: schema['properties'] ?? {} }, dropped }
}

export function isShort(schema: Record<string, unknown>): boolean {
  return JSON.stringify(schema).length <= MAX_SCHEMA
}

/** Some providers refuse `$schema` among a tool's parameters. */
export function withoutDialect({
  $schema: _,
  ...rest
}: Record<string, unknown>): Record<string, unknown> {
  return rest
}

/** The position of an invalid value, as a JSON pointer; null when the schema is valid. */
function faultIn(schema: Record<string, unknown>): string | null {
  if (ajv.validateSchema(schema) === true) return null
  return ajv.errors?.[0]?.instancePath ?? ''
}

function drop(schema: Record<string, unknown>, pointer: string): boolean {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop()
  let at: unknown = schema
  for (const key of keys) {
    at =
      typeof at === 'object' && at !== null
        ? Object.entries(at).find(([own]) => own === key)?.[1]
        : undefined
  }
  if (last === undefined || typeof at !== 'object' || at === null) return false
  if (Array.isArray(at)) return at.splice(Number(last), 1).length > 0
  return Reflect.deleteProperty(at, last)
}
