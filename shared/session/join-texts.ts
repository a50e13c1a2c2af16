import type { TextPart } from '../contract/message.ts'

/**
 * The texts of an answer. Neighbouring text parts are joined: when an answer was cut and continued, possibly in the
 * middle of a sentence or a code block, a new part began there.
 */
export function joinTexts(parts: readonly (TextPart | { type: 'tool' | 'file' })[]): string[] {
  const texts: string[] = []
  let before: string | null = null
  for (const part of parts) {
    const isText = part.type === 'text' || part.type === 'refusal'
    if (isText) {
      const last = part.type === before ? texts.pop() : undefined
      texts.push((last ?? '') + part.text)
    }
    before = isText ? part.type : null
  }
  return texts
}
