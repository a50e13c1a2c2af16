import { arrayOf, isObject, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'

/** Schemas come from outside, so they are not followed below this depth. */
const MAX_DEPTH = 64

/**
 * The schema of a tool's arguments as strict providers accept it: an object with properties, no alternatives at its
 * top, and `items` for every array. It never allows less than before; the tool itself checks its arguments.
 */
export function schemaToSend(schema: unknown): JsonObject {
  const root = resolved(objectOf(schema))
  const {
    $schema: _,
    anyOf,
    oneOf,
    allOf,
    enum: __,
    not: ___,
    if: ____,
    then,
    else: otherwise,
    ...rest
  } = root
  const all = arrayOf(allOf)
  const one = [...arrayOf(anyOf), ...arrayOf(oneOf), then, otherwise]
  const alternatives = [...all, ...one].map((part) => resolved(objectOf(part), root))
  const properties: JsonObject = Object.fromEntries(
    [...alternatives.toReversed(), root].flatMap((part) =>
      Object.entries(objectOf(part.properties)),
    ),
  )
  const required = [root, ...alternatives.slice(0, all.length)]
    .flatMap((part) => arrayOf(part.required).map(stringOf))
    .filter((name, at, names) => Object.hasOwn(properties, name) && names.indexOf(name) === at)
  const { required: _____, ...fields } = repaired({ ...rest, properties }, 0)
  return { ...fields, type: 'object', ...(required.length > 0 && { required }) }
}

/** Follows a `$ref` at the top of the schema, if it points into the document. */
function resolved(schema: JsonObject, document = schema, hops = 0): JsonObject {
  const path = stringOf(schema.$ref)
  if (path === '') return schema
  let found: unknown = document
  for (const key of path.slice(2).split('/')) {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
    found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined
  }
  const { $ref: _, ...rest } = schema
  if (!path.startsWith('#/') || hops > 8) return rest
  return isObject(found) ? resolved({ ...found, ...rest }, document, hops + 1) : rest
}

function repaired(schema: JsonObject, depth: number): JsonObject {
  if (depth > MAX_DEPTH) return {}
  const { type } = schema
  const isArray = type === 'array' || arrayOf(type).includes('array')
  const fields = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (IN_NAMES.has(key)) {
      const names = Object.entries(objectOf(value))
      return [
        key,
        Object.fromEntries(
          names.map(([name, part]) => [name, part === true ? {} : inner(part, depth)]),
        ),
      ]
    }
    return [key, IN_ONE.has(key) || IN_LIST.has(key) ? inner(value, depth) : value]
  })
  const whole: JsonObject = Object.fromEntries(fields)
  // In older drafts `items` may be a list, with a schema for each index.
  if (isArray && !isObject(whole.items) && typeof whole.items !== 'boolean') whole.items = {}
  if (type === 'any') delete whole.type
  if (Array.isArray(whole.enum) && whole.enum.length === 0) delete whole.enum
  if (typeof whole.required === 'boolean') delete whole.required
  return whole
}

function inner(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return value.map((part) => inner(part, depth))
  return isObject(value) ? repaired(value, depth + 1) : value
}

const IN_NAMES = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
])
const IN_ONE = new Set([
  'items',
  'additionalProperties',
  'not',
  'contains',
  'propertyNames',
  'if',
  'then',
  'else',
])
const IN_LIST = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
