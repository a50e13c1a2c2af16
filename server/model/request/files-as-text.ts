import type { ModelFile, ModelMessage } from '../port.ts'

/** The conversation with words in place of the files that are not taken, and how many of those are pictures. */
export function withFilesAsText(
  messages: readonly ModelMessage[],
  isTaken: (kind: ModelFile['kind']) => boolean,
): { messages: ModelMessage[]; pictures: number } {
  let pictures = 0
  const told = messages.map((message): ModelMessage => {
    if (message.role !== 'user' || !message.files) return message
    const kept = message.files.filter(({ kind, data }) => data !== null && isTaken(kind))
    const left = message.files.filter((file) => !kept.includes(file))
    pictures += left.filter(({ kind }) => kind === 'image' && !isTaken(kind)).length
    const text = [message.text, ...left.map(({ instead }) => instead)].filter(Boolean)
    return {
      role: 'user',
      text: text.join('\n\n'),
      ...(kept.length > 0 && { files: kept }),
    }
  })
  return { messages: told, pictures }
}
