import { drafts } from '../composer/page-drafts.ts'
import { messageBox } from '../composer/message-box.ts'

/**
 * Writes words into an unsent text where the cursor is, as they come; what a person types meanwhile stays.
 * @returns a function that takes the next words
 */
export function dictateInto(draftKey: string): (words: string) => void {
  const box = messageBox()
  const start = drafts.get(draftKey)
  let at = box && box.value === start ? box.selectionStart : start.length
  let written = ''
  return (words) => {
    const text = drafts.get(draftKey)
    // Typed before the place of the words, or over them: they go on at the end.
    if (written !== '' && text.slice(at, at + written.length) !== written) {
      at = text.length
      written = ''
    }
    const end = at + written.length
    const space = written === '' && /\S$/.test(text.slice(0, at)) ? ' ' : ''
    written += space + words
    drafts.set(draftKey, text.slice(0, end) + space + words + text.slice(end))
    const cursor = at + written.length
    requestAnimationFrame(() => messageBox()?.setSelectionRange(cursor, cursor))
  }
}
