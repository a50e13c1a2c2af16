import { createHash } from 'node:crypto'
import type { ModelTool } from '../port.ts'
import type { ProviderFault } from './provider-fault.ts'

/** A tool that is not offered. If its server changes its description, it counts as another tool. */
export type RefusedTool = `tool ${string} ${string}`

export function refusalOf(tool: ModelTool): RefusedTool {
  const text = JSON.stringify([tool.description, tool.inputSchema])
  return `tool ${tool.name} ${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}

/**
 * The tool that a refusal is about: found by its index in the request, or by its name in quotes near a word that means
 * a tool.
 *
 * @param tools in the order of the request
 */
export function toolNamedIn(
  { param, message }: ProviderFault,
  tools: readonly { name: string; refusal: RefusedTool }[],
): RefusedTool | null {
  const place = placeIn(param) ?? placeIn(message)
  if (place !== null) return tools[place]?.refusal ?? null
  if (!/\b(?:function|tool|schema)s?\b/i.test(message)) return null
  // Longer names first, because one name may be the beginning of another.
  const byLength = tools.toSorted((one, other) => other.name.length - one.name.length)
  return (
    byLength.find(({ name }) =>
      QUOTES.some((quote) => message.includes(quote + name + (CLOSING[quote] ?? quote))),
    )?.refusal ?? null
  )
}

/**
 * The index of a tool in `tools[3].function.parameters`, `tools.3.custom.input_schema`, `["body","tools",3,…]` or
 * `function_declarations[3]`.
 */
function placeIn(text: string): number | null {
  const found =
    /function_declarations\[(\d+)\]/i.exec(text) ??
    /(?<!\w)tools(?:\[(\d+)\]|\.(\d+)\b|["']?,\s*(\d+)\b)/i.exec(text)
  const digits = found?.slice(1).find((group) => group !== undefined)
  return digits === undefined ? null : Number(digits)
}

const QUOTES = ["'", '"', '`', '“', '‘', '(']
const CLOSING: Record<string, string> = { '“': '”', '‘': '’', '(': ')' }
