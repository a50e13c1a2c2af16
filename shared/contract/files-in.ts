import type { File } from './file.ts'
import type { FilePart, TextPart } from './message.ts'

/** The files of a message's parts, in order. It does not import the schema library, so that clients stay small. */
export function filesIn(parts: readonly (TextPart | FilePart | { type: 'tool' })[]): File[] {
  return parts.flatMap((part) => (part.type === 'file' ? [part.file] : []))
}
