/** A made-up language whose words are as unevenly common as those of real ones (Zipf's law), the same in each run. */
export type Language = {
  /** The word at this place of the list from the most to the least common, counted from 0. */
  word(place: number): string
  /** A text of so many words at most, and half as many at least. */
  text(words: number): string
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number
}

/** How many words the language has. */
export const VOCABULARY = 20_000

const SYLLABLES = 'bdfgklmnprst'
  .split('')
  .flatMap((consonant) => 'aeiou'.split('').map((vowel) => `${consonant}${vowel}`))

export function createLanguage(seed: number): Language {
  // Mulberry32, by Tommy Ettinger, in the public domain.
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  const common = (): number => Math.floor(VOCABULARY ** next()) - 1
  return {
    word,
    whole,
    text: (words) =>
      Array.from({ length: whole(Math.ceil(words / 2), words) }, () => word(common())).join(' '),
  }
}

/** No two places have the same: 7919 shares no factor with the number of words of three syllables. */
function word(place: number): string {
  const code = (place * 7919) % SYLLABLES.length ** 3
  const syllable = (digit: number): string =>
    SYLLABLES[Math.floor(code / SYLLABLES.length ** digit) % SYLLABLES.length] ?? ''
  return `${syllable(2)}${syllable(1)}${syllable(0)}${place % 3 === 0 ? 'x' : ''}`
}
