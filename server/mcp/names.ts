import { createHash } from 'node:crypto'

/** The limits that all providers have for the name of a tool. */
const MAX_LENGTH = 64
const PLAIN = /^[A-Za-z0-9_-]+$/

/**
 * The name under which the model knows a server's tool: `server__tool`. Other characters than letters, digits, `_` and
 * `-` are replaced by `_` and a too long name is cut; a hash of the full name then keeps it unique.
 */
export function offeredName(server: string, tool: string): string {
  const name = prefixOf(server) + tool
  if (PLAIN.test(tool) && name.length <= MAX_LENGTH) return name
  const mark = `_${createHash('sha256').update(tool).digest('hex').slice(0, 8)}`
  const readable = name.replaceAll(/[^A-Za-z0-9_-]/g, '_')
  return readable.slice(0, MAX_LENGTH - mark.length) + mark
}

/** The prefix of the names of all tools of this server, and of no other server. */
export function prefixOf(server: string): string {
  return `${server}__`
}
