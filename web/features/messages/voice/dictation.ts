import { drafts } from '../composer/drafts/page-drafts.ts'
import { messageBox } from '../composer/message-box.ts'

/**
 * Writes words into an unsent text where the cursor is, as they come; what a person types meanwhile stays.
 */
export function dictateInto(draftKey: string): {
  /** Takes the next words. */
  write(words: string): void
  /** Removes the dictated words before they are written again. Words that a person has changed stay. */
  takeBack(): void
} {
  const box = messageBox()
  const start = drafts.get(draftKey)
  let at = box && box.value === start ? box.selectionStart : start.length
  let written = ''
  return { write, takeBack }

  function takeBack(): void {
    const text = drafts.get(draftKey)
    if (text.slice(at, at + written.length) === written) {
      drafts.set(draftKey, text.slice(0, at) + text.slice(at + written.length))
    }
    written = ''
  }

  function write(words: string): void {
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
