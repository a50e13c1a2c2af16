import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { CallId } from '../../../shared/contract/ids.ts'
import type { AppToolCall } from '../../../shared/client/index.ts'
import { ToolCard } from './tool-card.tsx'

const PNG = 'iVBORw0KGgo='

function render(change: Partial<Extract<AppToolCall, { source: `mcp:${string}` }>>): string {
  return renderToStaticMarkup(
    <ToolCard
      call={{
        id: CallId.parse('00000000-0000-4000-8000-000000000001'),
        name: 'files__read',
        source: 'mcp:files',
        effect: 'read',
        status: 'completed',
        input: {},
        ...change,
      }}
    />,
  )
}

test('an answer of an MCP server shows its texts, pictures, data and notes', () => {
  const html = render({
    output: {
      content: [
        { type: 'text', text: '<b>Here</b> it is' },
        { type: 'image', mimeType: 'image/png', data: PNG },
        { type: 'link', name: 'More', uri: 'https://example.com/more', description: 'to read' },
      ],
      structuredContent: { humidity: 82 },
      notes: ['A picture was too large and was left out.'],
    },
  })
  expect(html).toContain('&lt;b&gt;Here&lt;/b&gt; it is')
  expect(html).toMatch(new RegExp(`<img src="data:image/png;base64,${PNG}" alt="From files__read"`))
  expect(html).toMatch(
    /<a href="https:\/\/example.com\/more"[^>]*rel="noopener noreferrer nofollow"/,
  )
  expect(html).toMatch(/humidity.*82/)
  expect(html).toContain('too large')
  // The text view shows the size of the image instead of its data.
  expect(html).toContain('8 bytes')
  expect(html.split(PNG)).toHaveLength(2)
})

test('data that is said once more as text is shown once', () => {
  const data = { a: { b: 'only here' } }
  const content = [{ type: 'text', text: JSON.stringify(data, null, 2) }]
  const html = render({ output: { content, structuredContent: data } })
  const [shown = ''] = html.split('<footer')
  expect(shown.match(/only here/g)).toHaveLength(1)
})

test.each([
  [{ type: 'image', mimeType: 'image/svg+xml', data: PNG }],
  [{ type: 'image', mimeType: 'image/png', data: 'x" onerror="evil()' }],
  [{ type: 'image', mimeType: 'image/png', data: 'https://example.com/a.png' }],
  [{ type: 'image', mimeType: 'image/png"', data: PNG }],
])('what is no picture of a known kind is never drawn: %j', (piece) => {
  expect(render({ output: { content: [piece] } })).not.toContain('<img')
})

test('a link that leads to anything but a page is text', () => {
  const html = render({
    output: { content: [{ type: 'link', name: 'Click', uri: 'javascript:evil()' }] },
  })
  expect(html).not.toContain('<a ')
  expect(html).toContain('Click')
})

test('an answer of another shape, as an imported one may be, can still be read', () => {
  expect(render({ output: { content: 'odd' } })).toContain('odd')
  expect(render({ output: null })).toContain('null')
})

test('how far a call is shows while it runs: as a bar where the whole is known, else in words', () => {
  const bar = render({ status: 'running', progress: { done: 1, total: 4, message: 'Reading' } })
  expect(bar).toMatch(
    /role="progressbar" aria-label="Progress of files__read"[^>]*aria-valuenow="25"/,
  )
  expect(bar).toContain('Reading')
  const words = render({ status: 'running', progress: { done: 7 } })
  expect(words).toContain('Step 7')
  expect(words).not.toContain('progressbar')
  expect(render({ status: 'failed', progress: { done: 1, total: 4 } })).not.toContain('progressbar')
})

test('Markdown of an answer is drawn, and a log keeps its lines', () => {
  const said = (text: string) => render({ output: { content: [{ type: 'text', text }] } })
  expect(said('## Head\n\n| a | b |\n|---|---|\n| 1 | <b> |')).toMatch(
    /<h3 data-depth="2"[^>]*>Head<\/h3>.*<td[^>]*>&lt;b&gt;<\/td>/,
  )
  expect(said('12:00 begun\n12:01 done')).toContain('>12:00 begun\n12:01 done</p>')
})

test('a list of alike objects is a table, and other data is read field by field', () => {
  const rows = [
    { name: 'Tea', price: 2 },
    { name: 'Cake', price: null, left: true },
  ]
  const html = render({ output: { content: [], structuredContent: { total: 2, rows } } })
  expect(html).toMatch(/<th[^>]*>name<\/th><th[^>]*>price<\/th><th[^>]*>left<\/th>/)
  expect(html).toMatch(/<td[^>]*>Cake<\/td><td[^>]*><\/td><td[^>]*>true<\/td>/)
  expect(html).toMatch(/<dt[^>]*><bdi[^>]*>total<\/bdi><\/dt>/)
  const nested = render({ output: { content: [], structuredContent: [{ a: { b: 1 } }] } })
  expect(nested).not.toContain('<table')
})
