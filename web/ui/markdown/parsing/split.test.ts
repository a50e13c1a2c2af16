import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyText, splitText } from './split.ts'
import type { SplitText } from './split.ts'

/** Pieces whose combinations make Markdown hard to split. */
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
  ...['$', '$x$ ', '$$', '$$\n', '\\(', '\\)', '\\[\n', '\\]', '$5 ', '<http://x.y>', '<'],
  ...['[^1]', '[^1]: ', '\n[^2]: note\n', '```math\n', '```mermaid\n'],
)
const texts = fc.array(piece, { maxLength: 16, size: 'max' }).map((pieces) => pieces.join(''))

/** The rendered fields of the blocks. */
const shown = (state: SplitText) =>
  JSON.stringify(state.blocks, (key, value: unknown) => (key === 'raw' ? undefined : value))

/** Appends `step` UTF-16 units at a time and compares at each length. */
function expectPrefixesToMatch(text: string, step: number): void {
  let state = emptyText
  for (let length = step; length < text.length + step; length += step) {
    const prefix = text.slice(0, length)
    state = splitText(state, prefix)
    expect(shown(state)).toBe(shown(splitText(emptyText, prefix)))
  }
}

test('every prefix splits as a fresh parse of it does, however the text grew', () => {
  fc.assert(fc.property(texts, fc.integer({ min: 1, max: 9 }), expectPrefixesToMatch), {
    numRuns: 2000,
  })
})

test.each([
  '1. a list\n\n2. goes on\n\n10',
  '- a list\n\n  goes on\n\nends\n- begins',
  'Intro with [a]\n\nmore\n\n[a]: http://x.y\n\nend [a]',
  '```ts\nlet a = 1\n\n\nb\n```\n\n    code\n\n    more\n\ntext',
  'So:\n\\[\na\n+ b\n\\]\nand $x$ is\n\n$$\ny\n- z\n$$ end\n\n- $a$\n  $$\n  b\n  + c\n  $$\n',
  'A[^1] and <http://x.y>\n\n[^1]: one\n[^2]: two\nmore[^2]\n[^3]: three',
  '| h | i |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nafter\n\n> quote\nlazy\n\nend\r\n\r\nlast',
])('every prefix of %j splits as a fresh parse of it does', (text) => {
  expectPrefixesToMatch(text, 1)
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
