import { filesOf } from '../port.ts'
import type { ModelFile, ModelMessage } from '../port.ts'

/** Replaces the files that are not accepted by their descriptions, and counts the pictures among them. */
export function withFilesAsText(
  messages: readonly ModelMessage[],
  isTaken: (kind: ModelFile['kind']) => boolean,
): { messages: ModelMessage[]; pictures: number } {
  let pictures = 0
  const replaced = messages.map((message): ModelMessage => {
    const files = filesOf(message)
    if (message.role === 'assistant' || files.length === 0) return message
    const kept = files.filter(({ kind, data }) => data !== null && isTaken(kind))
    const left = files.filter((file) => !kept.includes(file))
    pictures += left.filter(({ kind }) => kind === 'image' && !isTaken(kind)).length
    const words = left.map(({ instead }) => instead)
    const { files: _, ...rest } = message
    const carried = kept.length > 0 && { files: kept }
    return rest.role === 'user'
      ? { ...rest, text: joined([rest.text, ...words], '\n\n'), ...carried }
      : { ...rest, output: joined([rest.output, ...words], '\n'), ...carried }
  })
  return { messages: replaced, pictures }
}

function joined(texts: readonly string[], between: string): string {
  return texts.filter((text) => text !== '').join(between)
}
