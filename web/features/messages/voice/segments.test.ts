import fc from 'fast-check'
import { expect, test } from 'vitest'
import { segmentEnd } from './segments.ts'

const said = (text: string, from: number, isWhole = false) =>
  text.slice(from, segmentEnd(text, from, isWhole))

test('of a growing answer its whole sentences are read, of a whole one all', () => {
  const text = 'The tide comes in at noon, as it always does. It goes out aga'
  expect(said(text, 0)).toBe('The tide comes in at noon, as it always does. ')
  expect(said(text, 46)).toBe('')
  expect(said(text, 46, true)).toBe('It goes out aga')
  expect(said('Short. Too', 0)).toBe('')
})

test('a code block is not cut', () => {
  const text = 'Here is the whole program that you asked me for:\n\n```ts\nlet a = 1. // x\n'
  expect(said(text, 0)).toBe('Here is the whole program that you asked me for:\n\n')
  expect(said(`${text}\`\`\`\nSo`, 0)).toBe(`${text}\`\`\`\n`)
})

test('however an answer grows, everything of it is read once', () => {
  const piece = fc.constantFrom(
    'A word ',
    'end. ',
    '\n',
    '```\n',
    'much longer words are here ',
    '?! ',
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      let text = ''
      let read = ''
      for (const more of pieces) {
        text += more
        read += said(text, read.length)
      }
      expect(read + said(text, read.length, true)).toBe(text)
    }),
  )
})
