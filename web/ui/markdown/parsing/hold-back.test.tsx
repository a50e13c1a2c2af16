import fc from 'fast-check'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Markdown } from '../markdown.tsx'

const growing = (text: string) => renderToStaticMarkup(<Markdown text={text} isGrowing />)
const whole = (text: string) => renderToStaticMarkup(<Markdown text={text} />)
const words = (html: string) =>
  html
    .replaceAll(/<span dir="ltr" class="formula.*?<\/span><\/span>/gs, '∑')
    .replaceAll(/<[^>]*>/g, '')

test.each([
  [
    'See [the **page**](https://example.org/a_(b)) and ![a cat](http://x.y/c.png) there.',
    /[[\](!]/,
  ],
  ['Written <https://example.org/page?q=1> so', /&lt;|&gt;/],
  ['So \\(a + b\\) is and $x^2$, then:\n\\[\nc\n- d\n\\]\nwith $$e$$ at last', /[\\$^]/],
  ['Said[^1] so\n\n[^1]: here', /[[\]^]/],
  ['Words\n\n---\n\nmore\n\n***\n\nlast', /[-*]/],
  ['Text\n| a | b |\n|---|---|\n| 1 | 2 |', /^Text.*[|-]/s],
  ['Code:\n```ts\nlet a\n```\nand `on`\n\n````md\nb\n````\n', /`/],
  ['# Head\n\n- one\n- two\n\n1. three\n\n> four', /#|^1|\b1\.|&gt;/],
])('while %j grows, what is not yet whole never shows as characters', (text, marks) => {
  for (let length = 0; length <= text.length; length++) {
    const prefix = text.slice(0, length)
    expect(words(growing(prefix)), prefix).not.toMatch(marks)
  }
})

test.each([
  ['It costs $5 and', 'It costs $5 and'],
  ['Set $HOME to the place where', 'Set $HOME to the place where'],
  ['a [label that is none, for it goes on', 'a '],
  ['an array [1, 2] of', 'an array [1, 2] of'],
  ['x < y and a <b c', 'x &lt; y and a &lt;b c'],
  [`open [${'word '.repeat(60)}`, `open [${'word '.repeat(60).trimEnd()}`],
])('of the growing %j there is shown %j', (text, shown) => {
  expect(words(growing(text)).trimEnd()).toBe(shown.trimEnd())
})

test('whatever is held back is at the end, and shown once the text is whole', () => {
  const piece = fc.constantFrom(
    ...['a ', 'word', '\n', '\n\n', '$', '$x', '$5 ', '\\(', '\\)', '\\[', '\\]', '$$'],
    ...['[', '](', ')', '![', '<', '>', 'http://x.y', '[^1]', ':', '---', '|', '**', '`', '```\n'],
  )
  const letters = (html: string) => html.replaceAll(/<[^>]*>/g, '').replaceAll(/[*_~`\s]/g, '')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14, size: 'max' }), (pieces) => {
      const text = pieces.join('')
      // Past the end of a paragraph nothing of it is held back.
      expect(letters(growing(`${text}\n\nend\nend`))).toBe(letters(whole(`${text}\n\nend\nend`)))
      expect(() => growing(text)).not.toThrow()
    }),
    { numRuns: 1000 },
  )
})
