import { createHash } from 'node:crypto'

/** What every provider takes as the name of a tool. */
const MAX_LENGTH = 64
const PLAIN = /^[A-Za-z0-9_-]+$/

/**
 * The name by which the model knows a server's tool: `server__tool`. Where the tool's own name is too long, or has
 * other characters than letters, digits, `_` and `-`, these become `_`, what is too much is cut off, and a mark made of
 * the whole name keeps it apart from others.
 */
export function offeredName(server: string, tool: string): string {
  const name = prefixOf(server) + tool
  if (PLAIN.test(tool) && name.length <= MAX_LENGTH) return name
  const mark = `_${createHash('sha256').update(tool).digest('hex').slice(0, 8)}`
  const readable = name.replaceAll(/[^A-Za-z0-9_-]/g, '_')
  return readable.slice(0, MAX_LENGTH - mark.length) + mark
}

/** How the names of all tools of a server begin, and of no other's. */
export function prefixOf(server: string): string {
  return `${server}__`
}
