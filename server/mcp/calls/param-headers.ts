import { z } from 'zod'
import { isRecord } from '../../../shared/session/is-record.ts'

const Marked = z.object({
  'x-mcp-header': z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/),
  type: z.enum(['string', 'integer', 'number', 'boolean']),
})

/**
 * The arguments that a server wants as headers too, so that a proxy can read them (`x-mcp-header` in the tool's schema,
 * protocol revision 2026-07-28, SEP-2243).
 */
export function paramHeaders(schema: unknown, input: unknown): Record<string, string> {
  if (!isRecord(schema) || !isRecord(schema['properties']) || !isRecord(input)) return {}
  const headers: Record<string, string> = {}
  for (const [key, property] of Object.entries(schema['properties'])) {
    const value = Object.hasOwn(input, key) ? input[key] : undefined
    const name = Marked.safeParse(property).data?.['x-mcp-header']
    const text = name === undefined ? null : toText(value)
    if (text !== null) headers[`Mcp-Param-${name}`] = toFieldValue(text)
    Object.assign(headers, paramHeaders(property, value))
  }
  return headers
}

function toText(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)
  return isExact ? String(value) : null
}

/** Encodes a text as base64 where a header cannot carry it unchanged. */
function toFieldValue(text: string): string {
  const isPlain = /^[\x20-\x7E\t]+$/.test(text) && text === text.trim()
  const isMistakable = text.startsWith('=?base64?') && text.endsWith('?=')
  return isPlain && !isMistakable ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`
}
