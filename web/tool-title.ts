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
