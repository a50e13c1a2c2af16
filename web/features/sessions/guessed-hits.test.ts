import { expect, test } from 'vitest'
import { areGuesses } from './guessed-hits.ts'

/** A hit with what stands in brackets marked. */
function hit(text: string) {
  const [before = '', marked, after = ''] = text.split(/[[\]]/)
  const start = before.length
  const highlights = marked === undefined ? [] : [{ start, end: start + marked.length }]
  return { snippet: before + (marked ?? '') + after, highlights }
}

test('a search that found only words spelled alike says so, and no other does', () => {
  expect(areGuesses('theme', [hit('in [the] harbour'), hit('[them]')])).toBe(true)
  expect(areGuesses('harbor', [hit('the [harbour]')])).toBe(true)
  for (const [query, text] of [
    ['theme', 'the [Theme] of it'],
    ['them', 'the [theme] of it'],
    ['north quay', 'closed: [quay]'],
    ['bou', 'har[bou]r'],
    ['a-b', 'see [a] there'],
    ['théâtre', '[Théâtre]'],
    ['theme', 'a file that has it'],
  ] as const) {
    expect(areGuesses(query, [hit(text)]), query).toBe(false)
  }
  expect(areGuesses('theme', [])).toBe(false)
})
