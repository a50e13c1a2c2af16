import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Lookup } from '../../db/queries/sessions/search-lookup.ts'
import { makeSnippet } from './snippet.ts'

const words = (...all: string[]): Lookup => ({
  kind: 'words',
  tsquery: '',
  words: all.map((word, index) => ({ word, prefix: index === all.length - 1 })),
})

describe('a snippet', () => {
  test('shows the place with the most different words, cut between words', () => {
    const text = `${'cat '.repeat(100)}then the ${'long '.repeat(20)}cat met a dog ${'and so on '.repeat(50)}`
    const { snippet, highlights } = makeSnippet(text, words('cat', 'dog'))
    expect(snippet).toMatch(/^…long .*cat met a dog and .* (and|so|on)…$/)
    expect(highlights.map(({ start, end }) => snippet.slice(start, end))).toEqual(['cat', 'dog'])
  })

  test('highlights whole words, but the beginning of the last', () => {
    const { snippet, highlights } = makeSnippet(
      'catalog cat.\n\tCAT dogs hotdog',
      words('cat', 'dog'),
    )
    expect(snippet).toBe('catalog cat. CAT dogs hotdog')
    expect(highlights).toEqual([
      { start: 8, end: 11 },
      { start: 13, end: 16 },
      { start: 17, end: 20 },
    ])
  })

  test('takes no sign of what is looked for as a pattern', () => {
    const lookup: Lookup = { kind: 'part', pattern: '', part: '(.*', indexed: true }
    expect(makeSnippet('a (.* b', lookup)).toEqual({
      snippet: 'a (.* b',
      highlights: [{ start: 2, end: 5 }],
    })
    expect(makeSnippet('abc', lookup)).toEqual({ snippet: 'abc', highlights: [] })
  })

  test('of any text is a stretch of it, short, with no surrogate cut off, and highlights what matched', () => {
    const unit = fc.constantFrom<string>('a', 'b', ' ', '\n', '😀', 'ß', 'İ', 'needle', '漢')
    // Without spaces there is nowhere to cut but between letters.
    const unbroken = fc.constantFrom<string>('a', '😀', '😀', '😀')
    const long = { minLength: 300, maxLength: 600 }
    fc.assert(
      fc.property(
        fc.oneof(fc.array(unit, { maxLength: 600 }), fc.array(unbroken, long)),
        (units) => {
          const { snippet, highlights } = makeSnippet(units.join(''), {
            kind: 'part',
            pattern: '',
            part: 'Needle',
            indexed: true,
          })
          expect(snippet.isWellFormed()).toBe(true)
          expect(snippet.length).toBeLessThanOrEqual(202)
          expect(highlights.length > 0).toBe(units.includes('needle'))
          for (const { start, end } of highlights) {
            expect(snippet.slice(start, end)).toBe('needle')
          }
          const line = units.join('').replace(/\s+/gu, ' ').trim()
          expect(line).toContain(snippet.replace(/^…|…$/g, ''))
        },
      ),
    )
  })
})
