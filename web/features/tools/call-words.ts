import type { AppToolCall } from '../../../shared/client/index.ts'

/** A tool as a person is told of it: its own name, and the MCP server it is from. */
export function toolWords({ name, source }: Pick<AppToolCall, 'name' | 'source'>): {
  name: string
  server: string | null
} {
  if (source === 'builtin') return { name, server: null }
  const server = source.slice('mcp:'.length)
  return { name: name.startsWith(`${server}__`) ? name.slice(server.length + 2) : name, server }
}

/** What a person should know before allowing a call, by what it does to the world. */
export const effectWords: Record<AppToolCall['effect'], string> = {
  read: 'It only reads.',
  idempotent: 'It may change something. Repeating it is safe.',
  once: 'It may do something that cannot be undone.',
}

const NOT_KNOWN = 'Whether it happened is not known.'

/** Why nobody knows how a call went, always with the words that say so. */
export function unknownWords(error: string | undefined): string {
  if (!error) return NOT_KNOWN
  return error.includes(NOT_KNOWN.slice(0, -1)) ? error : `${error} ${NOT_KNOWN}`
}
