import { createRandom } from '../../e2e/support/processes/random.ts'

/** A made-up language with the word frequencies of real ones (Zipf's law). It is the same in every run. */
export type Language = {
  /** The word of this rank, counted from 0; rank 0 is the most common word. */
  word(place: number): string
  /** A text of at most `words` words, and at least half as many. */
  text(words: number): string
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number
}

/** The number of words in the language. */
export const VOCABULARY = 20_000

const SYLLABLES = 'bdfgklmnprst'
  .split('')
  .flatMap((consonant) => 'aeiou'.split('').map((vowel) => `${consonant}${vowel}`))

export function createLanguage(seed: number): Language {
  const { next, whole } = createRandom(seed)
  const common = (): number => Math.floor(VOCABULARY ** next()) - 1
  return {
    word,
    whole,
    text: (words) =>
      Array.from({ length: whole(Math.ceil(words / 2), words) }, () => word(common())).join(' '),
  }
}

/** Different ranks give different words, because 7919 is coprime to the number of three-syllable words. */
function word(place: number): string {
  const code = (place * 7919) % SYLLABLES.length ** 3
  const syllable = (digit: number): string =>
    SYLLABLES[Math.floor(code / SYLLABLES.length ** digit) % SYLLABLES.length] ?? ''
  return `${syllable(2)}${syllable(1)}${syllable(0)}${place % 3 === 0 ? 'x' : ''}`
}
