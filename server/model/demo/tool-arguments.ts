import { arrayOf, isObject, objectOf, parseJson, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { OfferedTool } from './conversation.ts'

/**
 * Arguments for a named tool: the JSON in the message unchanged, and values from its words for what is required
 * besides.
 */
export function argumentsFrom(tool: OfferedTool, text: string): JsonObject {
  const given = jsonIn(text) ?? {}
  const words = text.replace(/\{[^]*\}/, ' ')
  const properties = objectOf(tool.schema.properties)
  const required = arrayOf(tool.schema.required).filter((name) => typeof name === 'string')
  const named = Object.keys(properties).filter(
    (name) => !Object.hasOwn(given, name) && mentions(words, name),
  )
  const missing = [...new Set([...named, ...required])].filter(
    (name) => !Object.hasOwn(given, name),
  )
  const filled = missing.map((name) => [
    name,
    valueFor(name, objectOf(properties[name]), words, tool.name),
  ])
  return { ...given, ...Object.fromEntries(filled) }
}

/** The first JSON object in a text. */
export function jsonIn(text: string): JsonObject | null {
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
    for (let end = text.lastIndexOf('}'); end > start; end = text.lastIndexOf('}', end - 1)) {
      const value = parseJson(text.slice(start, end + 1))
      if (isObject(value)) return value
    }
  }
  return null
}

function mentions(words: string, name: string): boolean {
  return new RegExp(`\\b${spelled(name)}\\s*(=|:|is\\b|of\\b|to\\b)`, 'i').test(words)
}

function valueFor(name: string, schema: JsonObject, words: string, toolName: string): unknown {
  const options = arrayOf(schema.enum)
  if ('const' in schema) return schema.const
  if (options.length > 0) {
    const named = options.find((option) =>
      new RegExp(`\\b${spelled(String(option))}\\b`, 'i').test(words),
    )
    return named ?? schema.default ?? options[0]
  }
  const stated = new RegExp(
    `\\b${spelled(name)}\\s*(?:=|:|is\\b|of\\b|to\\b)?\\s*("[^"]*"|'[^']*'|\`[^\`]*\`|[^\\s,;]+)`,
    'i',
  )
  const own = unquote(stated.exec(words)?.[1] ?? '')
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type) {
    case 'integer':
    case 'number': {
      const number = Number.parseFloat(own || (/-?\d+(\.\d+)?/.exec(words)?.[0] ?? ''))
      const fallback =
        typeof schema.default === 'number' ? schema.default : Number(schema.minimum ?? 1)
      const value = Number.isFinite(number) ? number : fallback
      return type === 'integer' ? Math.round(value) : value
    }
    case 'boolean':
      return own
        ? /^(true|yes|on|1)$/i.test(own)
        : (schema.default ?? !/\b(no|not|false|off|without)\b/i.test(words))
    case 'array':
      return own ? [valueFor('', objectOf(schema.items), own, toolName)] : (schema.default ?? [])
    case 'object':
      return objectFor(schema, words, toolName)
    default:
      return own || stringOf(schema.default) || quoted(words) || remaining(words, toolName)
  }
}

function objectFor(schema: JsonObject, words: string, toolName: string): JsonObject {
  const properties = objectOf(schema.properties)
  return Object.fromEntries(
    arrayOf(schema.required).map((name) => [
      String(name),
      valueFor(String(name), objectOf(properties[String(name)]), words, toolName),
    ]),
  )
}

function quoted(words: string): string {
  return unquote(/"[^"]+"|'[^']{2,}'|`[^`]+`/.exec(words)?.[0] ?? '')
}

/** The rest of the message without the words that ask for the tool. */
function remaining(words: string, toolName: string): string {
  const rest = words
    .replace(new RegExp(escaped(toolName), 'gi'), ' ')
    .replace(/\b(please|use|call|run|the|tool|with|for|and)\b/gi, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s:,]+|[\s:,.!?]+$/g, '')
    .replace(/^(to|that) (says?|sends?|writes?|echo|posts?|tells?)\b[\s:]*/i, '')
  return rest || words.trim() || 'demo'
}

function unquote(text: string): string {
  return text.replace(/^(["'`])([^]*)\1$/, '$2').replace(/[.!?]+$/, '')
}

/** Alternative spellings of a name: `user_id` is also `user id` and `userId`. */
function spelled(name: string): string {
  return escaped(name.replace(/([a-z])([A-Z])/g, '$1_$2')).replace(/[_-]+/g, '[ _-]?')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
