import { filesIn } from '../../shared/contract/files-in.ts'
import type { FileId } from '../../shared/contract/ids.ts'
import type { FilePart, Message } from '../../shared/contract/message.ts'

/** What a question is made of: its text first, then its files. A text of blanks alone beside files is none. */
export function partsOf(text: string, files: readonly FilePart[]) {
  return [...(text.trim() === '' ? [] : [{ type: 'text' as const, text }]), ...files]
}

export function textOf({ parts }: Message): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** Whether a message says just this. */
export function saysTheSame(message: Message, text: string, files: readonly FileId[]): boolean {
  const known = filesIn(message.parts)
  return (
    textOf(message) === (text.trim() === '' ? '' : text) &&
    known.length === files.length &&
    known.every(({ id }, index) => id === files[index])
  )
}

/** What a title can be made of. */
export function titleSourceOf(message: Message): string {
  return textOf(message) || (filesIn(message.parts)[0]?.name ?? '')
}
