import type { File } from '../contract/file.ts'
import type { Part } from '../contract/message.ts'

/** The files of a part: an attached one, or those that a call brought. */
export function filesOfPart(part: Part): readonly File[] {
  if (part.type === 'file') return [part.file]
  return part.type === 'tool' ? (part.call.files ?? []) : []
}
