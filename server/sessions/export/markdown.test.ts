import fc from 'fast-check'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { fenced, inline, quoted } from './markdown.ts'

/** Texts made of what Markdown and HTML are made of. */
const hostile = fc
  .array(
    fc.constantFrom(
      ...['```', '~~~', '````', '`', '\n', '\r', '\r\n', '\\', '<', '>', '> ', '- ', '1. ', ' '],
      ...[
        '    ',
        '\t',
        '<script>',
        '</details>',
        '<!--',
        '-->',
        '# You',
        '[a]: /evil',
        '[a]',
        '---',
      ],
      ...['](', '](/x)', '|', '&lt;', '*', '_', 'text', '<a href=x>', '<?', '<![CDATA[', '\\<b>'],
    ),
    { maxLength: 25 },
  )
  .map((pieces) => pieces.join(''))

describe('what somebody wrote', () => {
  test('cannot leave its quote, bring HTML or define a link for others', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const tokens = marked.lexer(`${quoted(text)}\n\n# After [a]\n`)
        const [quote, ...rest] = tokens.filter(({ type }) => type !== 'space')
        expect(quote?.type).toBe('blockquote')
        expect(rest.map(({ type }) => type)).toEqual(['heading'])
        expect(tokens.links).toEqual({})
        const html: string[] = []
        void marked.walkTokens(tokens, (token) => {
          if (token.type === 'html') html.push(token.raw)
        })
        expect(html).toEqual([])
      }),
      { numRuns: 3_000 },
    )
  })

  test('cannot leave its code block', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const tokens = marked.lexer(`${fenced('json', text)}\n\n# After\n`)
        const kinds = tokens.map(({ type }) => type).filter((type) => type !== 'space')
        expect(kinds).toEqual(['code', 'heading'])
      }),
      { numRuns: 1_000 },
    )
  })

  test('is one plain line where it is a title', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const tokens = marked.lexer(`# x${inline(text)}\n\nAfter\n`)
        const kinds: string[] = []
        void marked.walkTokens(tokens, ({ type }) => {
          if (type !== 'text' && type !== 'space') kinds.push(type)
        })
        expect(kinds).toEqual(['heading', 'paragraph'])
      }),
      { numRuns: 1_000 },
    )
  })

  test('is shown as it was written in a code block, and Markdown stays Markdown', () => {
    expect(quoted('A **word**\n\n```html\n<b>\n```\n<b>')).toBe(
      '> A **word**\n>\n> ```html\n> <b>\n> ```\n> \\<b>',
    )
  })
})
