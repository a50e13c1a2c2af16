import { expect, test } from 'vitest'
import { inPieces, speakable, spokenText } from './speakable.ts'

test('what is read aloud has no marks of Markdown', () => {
  expect(
    speakable(
      '## Title\n\nSome **bold** and *soft* `code`, [a link](https://example.com/x_y).\n\n```ts\nlet a = 1\n```\n\n- one\n- two\n\n| A | B |\n| --- | --- |\n| 1 | 2 |',
    ),
  ).toBe(
    'Title\n\nSome bold and soft code, a link.\n\n(code)\n\none\ntwo\n\n,  A ,  B , \n\n,  1 ,  2 ,',
  )
  expect(speakable('snake_case_name and 2 * 3 * 4')).toBe('snake_case_name and 2 * 3 * 4')
  expect(speakable('```\nunfinished')).toBe('(code)')
})

test('of an answer its text is read, and nothing that it thought', () => {
  const parts = [
    { type: 'text', text: 'One.' },
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'Two.' },
  ]
  expect(spokenText(parts)).toBe('One.\n\n\n\nTwo.')
})

test('a long text is cut where sentences end, the first piece early, and nothing is lost', () => {
  const text = Array.from({ length: 400 }, (_, index) => `Sentence number ${index} is said.`).join(
    ' ',
  )
  const pieces = inPieces(text)
  expect(pieces.join(' ')).toBe(text)
  expect(pieces[0]?.length).toBeLessThanOrEqual(400)
  for (const piece of pieces) expect(piece).toMatch(/^Sentence.*\.$/)
  for (const piece of inPieces('🌊'.repeat(5_000))) expect(piece.isWellFormed()).toBe(true)
  expect(inPieces('')).toEqual([])
})
