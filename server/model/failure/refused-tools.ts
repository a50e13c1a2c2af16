import { createHash } from 'node:crypto'
import type { ModelTool } from '../port.ts'
import type { ProviderFault } from './provider-fault.ts'

/** One tool that is not offered: a tool that its server describes otherwise later is another one. */
export type RefusedTool = `tool ${string} ${string}`

export function refusalOf(tool: ModelTool): RefusedTool {
  const text = JSON.stringify([tool.description, tool.inputSchema])
  return `tool ${tool.name} ${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}

/**
 * The tool that a refusal is about: by its place in the request, or by its name in quotes beside a word that says that
 * it is a tool's.
 *
 * @param tools as they were sent, in their order
 */
export function toolNamedIn(
  { param, message }: ProviderFault,
  tools: readonly { name: string; refusal: RefusedTool }[],
): RefusedTool | null {
  const place = placeIn(param) ?? placeIn(message)
  if (place !== null) return tools[place]?.refusal ?? null
  if (!/\b(?:function|tool|schema)s?\b/i.test(message)) return null
  // The longest first: one name may be the beginning of another.
  const byLength = tools.toSorted((one, other) => other.name.length - one.name.length)
  return (
    byLength.find(({ name }) =>
      QUOTES.some((quote) => message.includes(quote + name + (CLOSING[quote] ?? quote))),
    )?.refusal ?? null
  )
}

/** `tools[3].function.parameters`, `tools.3.custom.input_schema`, `["body","tools",3,…]`, `function_declarations[3]`. */
function placeIn(text: string): number | null {
  const found =
    /function_declarations\[(\d+)\]/i.exec(text) ??
    /(?<!\w)tools(?:\[(\d+)\]|\.(\d+)\b|["']?,\s*(\d+)\b)/i.exec(text)
  const digits = found?.slice(1).find((group) => group !== undefined)
  return digits === undefined ? null : Number(digits)
}

const QUOTES = ["'", '"', '`', '“', '‘', '(']
const CLOSING: Record<string, string> = { '“': '”', '‘': '’', '(': ')' }
