import type { AppToolCall } from '../../../shared/client/index.ts'
import { inEnglish, msg, t } from '../../language/t.ts'
import type { Marked } from '../../language/t.ts'

/** The display name of a tool, and the MCP server that offers it. A client's own tool is in no union of known ones. */
export function toolLabel({ name, source }: { name: string; source: string }): {
  name: string
  server: string | null
} {
  if (source === 'builtin' || source === 'client') return { name, server: null }
  const server = source.slice('mcp:'.length)
  return { name: name.startsWith(`${server}__`) ? name.slice(server.length + 2) : name, server }
}

/** A tool's name as words: `send_letter` is "Send letter". */
export function toolTitle(tool: { name: string; source: string }): string {
  const { name } = toolLabel(tool)
  const words = name.replaceAll(/[_-]+/g, ' ').trim()
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1)
}

/** The effect of a call on the outside world, explained before it is allowed. */
export const effectTexts: Record<AppToolCall['effect'], Marked> = {
  read: msg('It only reads.'),
  idempotent: msg('It may change something. Repeating it is safe.'),
  once: msg('It may do something that cannot be undone.'),
}

/** Servers say it as well, in English. */
const NOT_KNOWN = msg('Whether it happened is not known.')

/** Explains why the outcome of a call is unknown; the standard sentence is always included. */
export function unknownOutcomeText(error: string | undefined): string {
  if (!error) return t(NOT_KNOWN)
  return error.includes(inEnglish(NOT_KNOWN).slice(0, -1)) ? error : `${error} ${t(NOT_KNOWN)}`
}
