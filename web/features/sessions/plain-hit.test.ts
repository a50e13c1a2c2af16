import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainHit } from './plain-hit.ts'

/** What is shown of an excerpt, with the matches in brackets. */
function shown(snippet: string, ...words: string[]): string {
  const highlights = words.map((word) => {
    const start = snippet.indexOf(word)
    return { start, end: start + word.length }
  })
  const plain = plainHit({ snippet, highlights })
  return plain.highlights
    .toReversed()
    .reduce(
      (text, { start, end }) =>
        `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)}`,
      plain.snippet,
    )
}

test('a hit is shown without its Markdown, and its matches are still marked', () => {
  expect(shown('Tell me about the **Zambezi** river', 'Zambezi')).toBe(
    'Tell me about the [Zambezi] river',
  )
  expect(shown('…the *soft* `code` of [a link](https://example.com/x) …', 'soft', 'code')).toBe(
    '…the [soft] [code] of a link …',
  )
  expect(shown('So: ```ts const needle = 1 ``` ## Then more', 'needle')).toBe(
    'So: const [needle] = 1 Then more',
  )
  expect(shown('| Day | Rain | | --- | :---: | | Monday | 3 |', 'Monday')).toBe(
    'Day Rain [Monday] 3',
  )
})

test('bold that the excerpt cuts leaves no stars', () => {
  expect(shown('…river is long** and **wide …', 'long')).toBe('…river is [long] and wide …')
})

test('what is no Markdown stays: sums, names, HTML, shell', () => {
  for (const text of [
    '2 * 3 ** 4',
    'snake_case_name',
    'an <b>unseen</b> one',
    'ls | wc',
    'C # 5',
  ]) {
    expect(shown(text)).toBe(text)
  }
})

test('a match that is in the marks alone is seen there', () => {
  expect(shown('See [here](https://example.com/needle).', 'needle')).toBe(
    'See [here](https://example.com/[needle]).',
  )
})

test('of any excerpt the matches stay what they were', () => {
  const unit = fc.constantFrom('needle', '**', '_', '`', '[', '](', ')', ' ', '|', '---', '# ', 'a')
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 30 }), (units) => {
      const snippet = units.join('').replaceAll(/\s+/g, ' ').trim()
      const highlights = snippet
        .matchAll(/needle/g)
        .map(({ index }) => ({ start: index, end: index + 6 }))
        .toArray()
      const plain = plainHit({ snippet, highlights })
      expect(plain.highlights.length > 0).toBe(highlights.length > 0)
      for (const { start, end } of plain.highlights) {
        expect(plain.snippet.slice(start, end)).toBe('needle')
      }
    }),
  )
})
