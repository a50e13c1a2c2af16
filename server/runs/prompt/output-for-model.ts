import { McpOutput } from '../../../shared/contract/mcp-output.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'

/**
 * The output of a successful call, as text for the model. A picture or file in it is described in words, unless the
 * model gets it as a file.
 *
 * @param words the description of a file; null for one that the model gets
 */
export function outputForModel(
  {
    source,
    output,
    files = [],
    fileNotes = [],
  }: Pick<ToolCall, 'source' | 'output' | 'files' | 'fileNotes'>,
  words: (file: NonNullable<ToolCall['files']>[number]) => string | null = () => null,
): string {
  const brought = [
    ...files.flatMap((file) => words(file) ?? []),
    ...fileNotes.map((note) => `[${note}]`),
  ]
  const answer = source === 'builtin' ? null : McpOutput.safeParse(output)
  if (answer?.success) return textOf(answer.data, brought, files.length)
  return [JSON.stringify(output ?? null), ...brought].join('\n')
}

function textOf(
  { content, structuredContent, notes = [] }: McpOutput,
  brought: readonly string[],
  files: number,
): string {
  const pieces = content.flatMap((piece) => {
    switch (piece.type) {
      case 'text':
        return piece.text
      case 'file':
        return []
      case 'image':
        return '[image shown to the person]'
      case 'link':
        return `[link] ${piece.name}: ${piece.uri}${piece.description ? ` (${piece.description})` : ''}`
    }
  })
  // The specification asks servers to repeat structured data as text. Only if they do not is it added here.
  if (structuredContent !== undefined && !pieces.some((piece) => isJson(piece))) {
    pieces.push(JSON.stringify(structuredContent))
  }
  const text = [...pieces, ...brought, ...notes.map((note) => `[${note}]`)].join('\n')
  return text || (files > 0 ? 'The tool brought files.' : 'The tool answered nothing.')
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
