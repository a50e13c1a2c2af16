import fc from 'fast-check'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Markdown } from '../markdown.tsx'

const growing = (text: string) => renderToStaticMarkup(<Markdown text={text} isGrowing />)
const whole = (text: string) => renderToStaticMarkup(<Markdown text={text} />)
const words = (html: string) => html.replaceAll(/<[^>]*>/g, '')

test.each([
  'Some **bold words** and *others* here, `code in it` and ~~gone~~ too.',
  '***both*** at the start',
  '**Bold with `code` inside** and _words_, __more__',
  '# A **big** heading',
  '- **First**: one\n- **Second**: two, with *stress*\n- `third`',
  '> Said **he**, *loudly*',
  '| **CPU** | *low* |\n|---|---|\n| **memory** | `high` |',
])('while %j grows, its marks never show as characters', (text) => {
  for (let length = 0; length <= text.length; length++) {
    const prefix = text.slice(0, length)
    expect(words(growing(prefix)), prefix).not.toMatch(/[*_~`]/)
  }
})

test('what is emphasised shows so from its first letter on', () => {
  expect(growing('a **b')).toContain('<strong>b</strong>')
  expect(growing('a **b*')).toContain('<strong>b</strong>')
  expect(growing('a *b')).toContain('<em>b</em>')
  expect(growing('a `b c')).toContain('<code>b c</code>')
  expect(growing('- one\n- **tw')).toContain('<strong>tw</strong>')
})

test('a mark that opens nothing stays what it is', () => {
  expect(words(growing('2 * 3 and snake_case and 5*3'))).toBe('2 * 3 and snake_case and 5*3')
  const far = `a *${'word '.repeat(100)}`
  expect(growing(far)).toBe(whole(far))
})

test('a text that is whole shows what is written', () => {
  expect(words(whole('a **b'))).toBe('a **b')
})

test('while a text grows, nothing but marks is left out of it', () => {
  const marks = ['a', 'word ', ' ', '\n', '\n\n', '- ', '> ', '# ', '**', '*', '_', '~~', '~', '(']
  const tables = ['\n| a | **b |\n|---|---|\n| *1 | 2']
  // In code, a link consists of its characters, so closing a mark may change whether there is one.
  const links = fc.constantFrom(...marks, ...tables, '[l](http://x.y)', '\\*', 'http://x.y ')
  const code = fc.constantFrom(...marks, ...tables, '`', '``')
  const pieces = fc.oneof(
    ...[links, code].map((piece) => fc.array(piece, { maxLength: 14, size: 'max' })),
  )
  const letters = (html: string) => words(html).replaceAll(/[*_~`\s]/g, '')
  fc.assert(
    fc.property(pieces, (chosen) => {
      // The final words prevent the last block from being held back.
      const text = `${chosen.join('')}end\nend`
      expect(letters(growing(text))).toBe(letters(whole(text)))
    }),
    { numRuns: 1000 },
  )
})
