import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyText, splitText } from './split.ts'
import type { SplitText } from './split.ts'

/** Pieces that meet in the ways that make Markdown hard to cut. */
const piece = fc.constantFrom(
  ...['a', 'word ', '\n', '\n\n', '\n  \n', '  \n', '    ', '\t', '\r\n', '\\', '😀', '&amp;'],
  ...['- ', '* x', '1. ', '2', '. ', '\n\n2. ', '  - b\n', '- [ ] task\n'],
  ...['```', '```ts\n', '~~~\n', '> ', '# ', '---\n', '-', '='],
  ...['| a | b |\n', '|---|---|\n', '| 1 | 2 |'],
  ...['**', '_', '`', '~~', '(', ')', '<b>', '<!-- ', '-->', '<div>\n', '<a href="x">', '</a>'],
  ...[
    '[a]',
    '[a]: /u\n',
    '[a]: http://x.y "t"\n',
    '[l](http://x.y)',
    '![i](http://x.y/i.png)',
    'http://x.y ',
  ],
)
const cuts = fc.array(
  fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join('')),
  { maxLength: 24 },
)

/** Everything of the blocks that is drawn. */
const shown = (state: SplitText) =>
  JSON.stringify(state.blocks, (key, value: unknown) => (key === 'raw' ? undefined : value))

test('every prefix splits as a fresh parse of it does, however the text grew', () => {
  fc.assert(
    fc.property(cuts, (parts) => {
      let state = emptyText
      let text = ''
      for (const part of parts) {
        text += part
        state = splitText(state, text)
        expect(shown(state)).toBe(shown(splitText(emptyText, text)))
      }
    }),
    { numRuns: 3000 },
  )
})

test('a text that grows by single characters splits as a whole one does', () => {
  const text =
    'Intro with [a] link\n- one\n- two\n\n  more\n\n1. x\n\n```ts\nlet a = 1\n\n\nb\n```\n\n| h | i |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n' +
    'after\n\n> quote\nlazy\n\n    code\n\n    more\n\ntext\n\n[a]: http://x.y\n\nend\r\n\r\nlast'
  let state = emptyText
  for (let length = 1; length <= text.length; length++) {
    state = splitText(state, text.slice(0, length))
    expect(shown(state)).toBe(shown(splitText(emptyText, text.slice(0, length))))
  }
})

test('blocks before the last blank line keep their identity and are not lexed again', () => {
  const head = 'one\n\n# two\n\n- three\n- four\n\nfive is long\nand goes on\n\n'
  const before = splitText(emptyText, `${head}six\n`)
  const after = splitText(before, `${head}six\nand more`)
  expect(before.boundary).toBe(head.length)
  expect(after.blocks.slice(0, 4).every((block, index) => block === before.blocks[index])).toBe(
    true,
  )
})

test('items of a growing list and rows of a growing table keep their identity', () => {
  const list = splitText(splitText(emptyText, '- a\n- b\n- c'), '- a\n- b\n- c d').blocks[0]?.token
  const earlier = splitText(emptyText, '- a\n- b\n- c')
  const grown = splitText(earlier, '- a\n- b\n- c d').blocks[0]?.token
  const old = earlier.blocks[0]?.token
  expect(list?.type).toBe('list')
  if (old?.type !== 'list' || grown?.type !== 'list') throw new Error('not a list')
  expect(grown.items[0]).toBe(old.items[0])
  expect(grown.items[2]).not.toBe(old.items[2])
})

test('a text that is replaced, not grown, is taken apart anew', () => {
  const state = splitText(splitText(emptyText, 'one\n\ntwo\nthree'), 'other\n\ntext')
  expect(shown(state)).toBe(shown(splitText(emptyText, 'other\n\ntext')))
})
