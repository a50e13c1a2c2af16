import { McpOutput } from '../../../shared/contract/mcp-output.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'

/** The output of a successful call, as text for the model. Images of MCP servers are described in words. */
export function outputForModel({ source, output }: Pick<ToolCall, 'source' | 'output'>): string {
  const answer = source === 'builtin' ? null : McpOutput.safeParse(output)
  return answer?.success ? textOf(answer.data) : JSON.stringify(output ?? null)
}

function textOf({ content, structuredContent, notes = [] }: McpOutput): string {
  const pieces = content.map((piece) => {
    switch (piece.type) {
      case 'text':
        return piece.text
      case 'image':
        return '[image shown to the person]'
      case 'link':
        return `[link] ${piece.name}: ${piece.uri}${piece.description ? ` (${piece.description})` : ''}`
    }
  })
  // Servers give the same data as text too, as they are asked to; only where they do not is it told as it is.
  if (structuredContent !== undefined && !pieces.some((piece) => isJson(piece))) {
    pieces.push(JSON.stringify(structuredContent))
  }
  return [...pieces, ...notes.map((note) => `[${note}]`)].join('\n') || 'The tool answered nothing.'
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
