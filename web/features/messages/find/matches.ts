import type { AppMessage } from '../../../../shared/client/index.ts'
import { plainText } from '../../../ui/markdown/parsing/plain-text.ts'

/** One place with the words: its index among the places of its message. */
export type FoundPlace = { messageId: string; index: number }

/** More are not counted. */
export const MOST_PLACES = 1_000

const texts = new WeakMap<AppMessage, string>()

/** The places in a session's messages, from the first to the last, in any case of letters. */
export function findPlaces(messages: readonly AppMessage[], words: string): FoundPlace[] {
  const places: FoundPlace[] = []
  if (words.trim() === '') return places
  for (const message of messages) {
    const count = offsetsOf(textOf(message), words).length
    for (let index = 0; index < count; index++) {
      places.push({ messageId: message.id, index })
      if (places.length === MOST_PLACES) return places
    }
  }
  return places
}

/** The offsets of the words in a text, without overlaps. */
export function offsetsOf(text: string, words: string): number[] {
  // The lower case of some letters is longer; such letters stay unchanged, so that offsets are right.
  const searched = lower(text)
  const sought = lower(words)
  const offsets: number[] = []
  if (sought === '') return offsets
  for (
    let at = searched.indexOf(sought);
    at !== -1;
    at = searched.indexOf(sought, at + sought.length)
  ) {
    offsets.push(at)
  }
  return offsets
}

function lower(text: string): string {
  const all = text.toLowerCase()
  return all.length === text.length
    ? all
    : text.replaceAll(/./gsu, (one) =>
        one.toLowerCase().length === one.length ? one.toLowerCase() : one,
      )
}

function textOf(message: AppMessage): string {
  const known = texts.get(message)
  if (known !== undefined) return known
  const text = message.parts
    .flatMap((part) => {
      if (part.type === 'refusal') return [part.text]
      if (part.type !== 'text') return []
      return [message.role === 'user' ? part.text : plainText(part.text)]
    })
    .join('\n')
  texts.set(message, text)
  return text
}
