import { filesIn } from '../../../shared/contract/files-in.ts'
import type { FileId } from '../../../shared/contract/ids.ts'
import type { FilePart, Message } from '../../../shared/contract/message.ts'

/** The parts of a question: its text first, then its files. A text that is blank beside files is left out. */
export function partsOf(text: string, files: readonly FilePart[]) {
  return [...(text.trim() === '' ? [] : [{ type: 'text' as const, text }]), ...files]
}

export function textOf({ parts }: Message): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** True when a message has exactly this text and these files. */
export function saysTheSame(message: Message, text: string, files: readonly FileId[]): boolean {
  const known = filesIn(message.parts)
  return (
    textOf(message) === (text.trim() === '' ? '' : text) &&
    known.length === files.length &&
    known.every(({ id }, index) => id === files[index])
  )
}

/** The text from which a session's title is made. */
export function titleSourceOf(message: Message): string {
  return textOf(message) || (filesIn(message.parts)[0]?.name ?? '')
}
