import fc from 'fast-check'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { chunksOfLines } from './code/code-block.tsx'
import { csvOf } from './csv.ts'
import { Markdown } from './markdown.tsx'
import { emptyText, splitText } from './parsing/split.ts'

const render = (text: string) => renderToStaticMarkup(<Markdown text={text} />)

test('raw HTML shows as text', () => {
  const html = render(
    '<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> and <b>bold</b>\n\n<div>\nin\n</div>',
  )
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; and &lt;b&gt;bold&lt;/b&gt;')
  expect(html).not.toMatch(/<(script|img|b|div>)/)
})

test('no text makes an element that loads or runs something', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '![a](http://x.y/z.png)',
    '<img src="http://x.y">',
    '[x](javascript:alert(1))',
    '\n\n',
    '`',
    '- ',
    '| a |\n|-|\n',
    '<iframe>',
    '"',
    'onclick=1',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      expect(render(pieces.join(''))).not.toMatch(
        /<(img|script|iframe|style|object|embed|link)\b|href="javascript/i,
      )
    }),
  )
})

test('links open safely, and only web and mail addresses are links', () => {
  expect(render('[a](https://example.org)')).toContain(
    '<a href="https://example.org/" target="_blank" rel="noopener noreferrer">a</a>',
  )
  expect(render('[a](javascript:alert(1)) [b](data:text/html,x) [c](/etc)')).toBe(
    '<div class="markdown"><div class="section"><p dir="auto">a b c</p></div></div>',
  )
})

test('an image is a link to it and loads nothing', () => {
  const html = render('![a cat](https://example.org/cat.png)')
  expect(html).not.toContain('<img')
  expect(html).toContain('href="https://example.org/cat.png"')
  expect(html).toContain('a cat')
})

test('code shows its language and a button that copies it', () => {
  const html = render('```ts title\nconst a = 1 < 2\n```')
  expect(html).toContain('<span>ts</span>')
  expect(html).toContain('aria-label="Copy code"')
  expect(html).toContain('const a = 1 &lt; 2')
})

test('tables, lists, tasks, quotes and headings are what they are', () => {
  expect(render('| a | b |\n|:-:|--|\n| 1<br>x | 2 |')).toContain(
    '<td dir="auto" style="text-align:center">1<br/>x</td>',
  )
  expect(render('3. x\n4. y')).toContain('<ol dir="auto" start="3"><li>x</li><li>y</li></ol>')
  expect(render('- [x] done')).toContain('type="checkbox"')
  expect(render('> q')).toContain('<blockquote dir="auto"><p>q</p></blockquote>')
  expect(render('# One')).toContain('<h2 data-depth="1" dir="auto">One</h2>')
  expect(render('a &amp; b &#39;c&#39; `&amp;`')).toContain(
    'a &amp; b &#x27;c&#x27; <code>&amp;amp;</code>',
  )
})

test('the first dash of a list does not make a heading of the line before it', () => {
  expect(render('Some words\n-')).not.toContain('<h')
})

test('while a text grows, a table or a code block appears as one and never as the characters it begins with', () => {
  const text = 'Text\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```ts\nlet a\n```\n'
  for (let length = 0; length <= text.length; length++) {
    const html = renderToStaticMarkup(<Markdown text={text.slice(0, length)} isGrowing />)
    expect(html.replaceAll('aria-label="Code, ts"', '')).not.toMatch(/<p>[|`]|---/)
  }
  expect(render('| a |')).toContain('| a |')
})

test('chunks of code add up to the code', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('\n', 'a', '\n\n', 'b\n'), { maxLength: 200 }),
      (pieces) => {
        const text = pieces.join('')
        expect(chunksOfLines(text).join('')).toBe(text)
      },
    ),
  )
})

/** The formulas of a text as written, `D` before those on lines of their own. */
function formulas(text: string): string[] {
  return [
    ...render(text).matchAll(/class="formula( formula-display)?"[^>]*>(.*?)<span hidden/gs),
  ].map(([, display, written = '']) => (display ? 'D' : '') + written.replaceAll('&amp;', '&'))
}

test.each([
  [
    String.raw`\( e^{i\pi} + 1 \) and \(a_1 * b_2 * c\).`,
    [String.raw`\( e^{i\pi} + 1 \)`, String.raw`\(a_1 * b_2 * c\)`],
  ],
  [String.raw`If $a_1*b_2*c_3$ and $x_i \_ y$ then`, ['$a_1*b_2*c_3$', String.raw`$x_i \_ y$`]],
  [
    String.raw`so $$\begin{matrix} 1 \\ 3 \end{matrix}$$ is`,
    [String.raw`D$$\begin{matrix} 1 \\ 3 \end{matrix}$$`],
  ],
  ['Sum:\n\\[\na\n+ b\n- c\n> d\n\\]\nand on', ['D\\[\na\n+ b\n- c\n&gt; d\n\\]']],
  ['- item\n  $$\n  x\n  + 1\n  $$', ['D$$\nx\n+ 1\n$$']],
  [
    String.raw`$\text{if it is so}$, $x$-axis, $2$ ways`,
    [String.raw`$\text{if it is so}$`, '$x$', '$2$'],
  ],
  ['```math\nx^2\n```', ['Dx^2']],
])('the formulas of %j are known', (text, found) => {
  expect(formulas(text)).toEqual(found)
})

test.each([
  'It costs $5 or $10, i.e. a_1 and b_2.',
  'from $5 and up to 6$, or US$7k–US$9k',
  'Set $HOME or $PATH, never $1.',
  'A $5 note in Paris and 6$ in Rome',
  '$ 5 $ and `$x$` and \\$x\\$',
])('no formula is in %j', (text) => {
  expect(formulas(text)).toEqual([])
})

test('emphasis goes around formulas and does not begin in them', () => {
  expect(render(String.raw`*so $a*b$ is*`)).toMatch(/<em>so <span.*\$a\*b\$.* is<\/em>/)
})

test('footnotes lead to their text and back, and a class of a regular expression is none', () => {
  const html = render('Said[^1] so.\n\n[^1]: The *source*.\n[^2]: Another')
  expect(html).toContain('data-footnote-mark="1"')
  expect(html).toMatch(/<p class="footnote"[^>]*data-footnote="1".*The <em>source<\/em>\.<\/p>/)
  expect(html).toContain('data-footnote="2"')
  expect(render('matches [^abc] here')).toContain('[^abc]')
})

test('an address in angle brackets is a link', () => {
  expect(render('see <https://example.org/a>, <me@example.org>')).toMatch(
    /see <a href="https:\/\/example\.org\/a"[^>]*>https:\/\/example\.org\/a<\/a>, <a href="mailto:/,
  )
})

test('a table is copied as CSV', () => {
  const [block] = splitText(emptyText, '| a, b | **c** |\n|--|--|\n| "q" | 1<br>2 &amp; |').blocks
  if (block?.token.type !== 'table') throw new Error('no table')
  expect(csvOf(block.token)).toBe('"a, b",c\r\n"""q""","1\n2 &"')
})

test.each(['> ', '- ', '*a _b ', '[', '**~~', '$', '\\('])(
  'thousands of %j are drawn without running out of stack',
  (mark) => {
    expect(render(mark.repeat(3_000) + 'end')).toContain('end')
  },
)

test('what every object has is no link, no entity and no kind of code', () => {
  expect(render('[constructor] &constructor; [valueOf]')).toContain(
    '[constructor] &amp;constructor; [valueOf]',
  )
  expect(render('```constructor\nx\n```')).toContain('constructor')
})
