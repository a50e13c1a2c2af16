import { arrayOf, isObject, numberOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { jsonIn } from './tool-arguments.ts'

/** References and nested objects are followed to this depth; below it only required properties are filled in. */
const DEEP = 6
const DEEPEST = 40

type Place = { root: JsonObject; words: string; depth: number; name: string }

/**
 * A value that is valid by the schema, with words of the question where they fit. It does not support patterns, nor
 * several schemas for one value.
 */
export function jsonAnswer(schema: JsonObject | null, question: string): string {
  const given = jsonIn(question)
  if (!schema) return JSON.stringify(given ?? { answer: firstLine(question) })
  const words = question.replace(/\{[^]*\}/, ' ')
  const value = valueOf(schema, { root: schema, words, depth: 0, name: '' })
  // JSON in the question is used as the answer, limited to the properties of the schema.
  const known = objectOf(schema.properties)
  const wanted = Object.entries(given ?? {}).filter(([name]) => Object.hasOwn(known, name))
  return JSON.stringify(isObject(value) ? { ...value, ...Object.fromEntries(wanted) } : value)
}

function valueOf(given: unknown, place: Place): unknown {
  const schema = resolved(objectOf(given), place.root)
  const inner = { ...place, depth: place.depth + 1 }
  if (place.depth > DEEPEST) return null
  if ('const' in schema) return schema.const
  const options = arrayOf(schema.enum)
  if (options.length > 0) {
    const named = options.find((option) =>
      place.words.toLowerCase().includes(String(option).toLowerCase()),
    )
    return named ?? options[0]
  }
  if ('default' in schema) return schema.default
  const all = arrayOf(schema.allOf)
  if (all.length > 0) {
    const { allOf: _, ...rest } = schema
    return valueOf(merged([rest, ...all], place.root), inner)
  }
  const alternatives = [...arrayOf(schema.anyOf), ...arrayOf(schema.oneOf)]
  const chosen =
    alternatives.find((one) => resolved(objectOf(one), place.root).type !== 'null') ??
    alternatives[0]
  if (chosen !== undefined) {
    const { anyOf: _, oneOf: __, ...rest } = schema
    return valueOf(merged([rest, chosen], place.root), inner)
  }
  switch (typeOf(schema, place.depth)) {
    case 'object':
      return objectFor(schema, inner)
    case 'array':
      return arrayFor(schema, inner)
    case 'integer':
    case 'number':
      return numberFor(schema, place.words)
    case 'boolean':
      return !/\b(?:no|not|false|never)\b/i.test(place.words)
    case 'null':
      return null
    default:
      return textFor(schema, place)
  }
}

/** The type of a value. Deep inside, every value that may be null is null. */
function typeOf({ type, properties, items }: JsonObject, depth: number): string {
  if (Array.isArray(type)) {
    if (depth > DEEP && type.includes('null')) return 'null'
    return stringOf(type.find((one) => one !== 'null') ?? type[0])
  }
  if (typeof type === 'string') return type
  return isObject(properties) ? 'object' : items === undefined ? 'string' : 'array'
}

function objectFor({ properties, required }: JsonObject, place: Place): JsonObject {
  const known = objectOf(properties)
  const needed = arrayOf(required).map(stringOf)
  const names = place.depth > DEEP ? needed : [...new Set([...Object.keys(known), ...needed])]
  return Object.fromEntries(names.map((name) => [name, valueOf(known[name], { ...place, name })]))
}

function arrayFor(schema: JsonObject, place: Place): unknown[] {
  const first = arrayOf(schema.prefixItems).map((one) => valueOf(one, place))
  const least = numberOf(schema.minItems) ?? (place.depth > DEEP ? 0 : 1)
  const most = numberOf(schema.maxItems) ?? Number.POSITIVE_INFINITY
  if (schema.items === false) return first
  const wanted = Math.min(Math.max(least, first.length), most, 100)
  const more = Array.from({ length: wanted - first.length }, (_, at) => {
    const value = valueOf(schema.items, place)
    return schema.uniqueItems === true && at > 0 ? another(value, at) : value
  })
  return [...first, ...more]
}

function another(value: unknown, at: number): unknown {
  if (typeof value === 'number') return value + at
  return typeof value === 'string' ? `${value} ${at + 1}` : value
}

function numberFor(schema: JsonObject, words: string): number {
  const isWhole = schema.type === 'integer'
  const step = numberOf(schema.multipleOf) ?? (isWhole ? 1 : 0)
  const above = numberOf(schema.exclusiveMinimum)
  const below = numberOf(schema.exclusiveMaximum)
  const least =
    numberOf(schema.minimum) ?? (above === undefined ? -Infinity : above + (step || 0.5))
  const most = numberOf(schema.maximum) ?? (below === undefined ? Infinity : below - (step || 0.5))
  const said = Number.parseFloat(/-?\d+(?:\.\d+)?/.exec(words)?.[0] ?? '1')
  const within = Math.min(most, Math.max(least, isWhole ? Math.round(said) : said))
  if (step === 0) return within
  const up = Math.ceil(within / step) * step
  return up <= most ? up : Math.floor(most / step) * step
}

const FORMATS: Record<string, string> = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'demo@example.com',
  hostname: 'example.com',
  ipv4: '127.0.0.1',
  ipv6: '::1',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/',
}

function textFor(schema: JsonObject, { words, name }: Place): string {
  const known = FORMATS[stringOf(schema.format)]
  if (known !== undefined) return known
  const line = firstLine(words)
  const stated = new RegExp(
    `\\b${name.replace(/[^\w]/g, '.')}\\b\\s*(?:is|=|:)?\\s*"?([^\\s",;.]+)`,
    'i',
  )
  const text = (name === '' ? undefined : stated.exec(words)?.[1]) ?? line
  const least = numberOf(schema.minLength) ?? 0
  return text.padEnd(least, '.').slice(0, numberOf(schema.maxLength) ?? undefined)
}

function merged(parts: readonly unknown[], root: JsonObject): JsonObject {
  const all = parts.map((part) => resolved(objectOf(part), root))
  return {
    ...Object.assign({}, ...all),
    ...(all.some(({ properties }) => isObject(properties)) && {
      properties: Object.assign({}, ...all.map(({ properties }) => objectOf(properties))),
    }),
    required: [...new Set(all.flatMap(({ required }) => arrayOf(required)))],
  }
}

function resolved(schema: JsonObject, root: JsonObject, hops = 0): JsonObject {
  const path = stringOf(schema.$ref)
  if (path === '' || hops > 8) return schema
  const { $ref: _, ...rest } = schema
  if (path === '#') return { ...root, ...rest }
  let found: unknown = root
  for (const key of path.slice(2).split('/')) {
    found = objectOf(found)[decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return resolved({ ...objectOf(found), ...rest }, root, hops + 1)
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 200) || 'demo'
}
