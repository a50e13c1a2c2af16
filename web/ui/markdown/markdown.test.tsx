import fc from 'fast-check'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { chunksOfLines } from './code/code-block.tsx'
import { Markdown } from './markdown.tsx'

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
    '<div class="markdown"><div class="section"><p>a b c</p></div></div>',
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
    '<td style="text-align:center">1<br/>x</td>',
  )
  expect(render('3. x\n4. y')).toContain('<ol start="3"><li>x</li><li>y</li></ol>')
  expect(render('- [x] done')).toContain('type="checkbox"')
  expect(render('> q')).toContain('<blockquote><p>q</p></blockquote>')
  expect(render('# One')).toContain('<h2 data-depth="1">One</h2>')
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

test('formulas stay as they were written, and prices are text', () => {
  const said = [
    String.raw`\( e^{i\pi} + 1 \) and \(a_1 * b_2 * c\).`,
    String.raw`If $a_1*b_2*c_3$ and $x_i \_ y$ then $$\begin{matrix} 1 \\ 3 \end{matrix}$$`,
    'It costs $5 or $10, i.e. a_1 and b_2.',
  ]
  for (const text of said) {
    expect(render(text)).toBe(
      `<div class="markdown"><div class="section"><p>${text}</p></div></div>`,
    )
  }
  expect(render(String.raw`*so $a*b$ is*`)).toContain('<em>so $a*b$ is</em>')
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
