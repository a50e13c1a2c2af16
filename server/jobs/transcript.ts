import type { Message } from '../../shared/contract/message.ts'
import { withoutThoughts } from '../model/text/think-tags.ts'

/**
 * Formats a conversation as one text of at most `limit` UTF-16 units. Of a longer conversation it keeps the beginning
 * and the end, with twice as much room for the end.
 */
export function transcript(messages: readonly Message[], limit: number): string {
  const text = messages.map(toText).filter(Boolean).join('\n\n')
  if (text.length <= limit) {
    return text
  }
  const head = Math.floor(limit / 3)
  return `${whole(text.slice(0, head))}\n\n[…]\n\n${whole(text.slice(head - limit))}`
}

function toText({ role, parts }: Message): string {
  const said = parts.flatMap((part) => {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return [role === 'assistant' ? withoutThoughts(part.text) : part.text]
      case 'file':
        return [`(attached the file ${part.file.name})`]
      case 'tool':
        return [`(used the tool ${part.call.name})`]
      case 'reasoning':
        return []
    }
  })
  const text = said.join('\n').trim()
  return text && `${role === 'user' ? 'User' : 'Assistant'}: ${text}`
}

/** Removes surrogate halves that remain from cutting. */
function whole(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]/, '').replace(/[\uD800-\uDBFF]$/, '')
}
