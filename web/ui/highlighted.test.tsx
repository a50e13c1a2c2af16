import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Highlighted, piecesOf } from './highlighted.tsx'

test('what was found is marked, and markup in it is text', () => {
  const html = renderToStaticMarkup(
    <p>
      <Highlighted text="a <b> zebra" ranges={[{ start: 6, end: 11 }]} />
    </p>,
  )
  expect(html).toMatch(/^<p>a &lt;b&gt; <mark[^>]*>zebra<\/mark><\/p>$/)
})

test.each([
  [[], ['abcdef']],
  [[{ start: 0, end: 6 }], ['abcdef']],
  [
    [
      { start: 4, end: 99 },
      { start: 1, end: 2 },
    ],
    ['a', 'b', 'cd', 'ef'],
  ],
  [
    [
      { start: 0, end: 3 },
      { start: 2, end: 4 },
    ],
    ['abc', 'd', 'ef'],
  ],
])('the pieces add up to the text, with ranges %j', (ranges, texts) => {
  expect(piecesOf('abcdef', ranges).map(({ text }) => text)).toEqual(texts)
})
