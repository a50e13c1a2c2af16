import { expect, test } from 'vitest'
import { outputForModel } from './output-for-model.ts'

const mcp = (output: unknown) => outputForModel({ source: 'mcp:files', output })

test('a built-in tool’s answer is told as JSON', () => {
  expect(outputForModel({ source: 'builtin', output: { content: [] } })).toBe('{"content":[]}')
  expect(outputForModel({ source: 'builtin', output: undefined })).toBe('null')
})

test('an MCP server’s answer is told as text, its pictures and links in words', () => {
  const content = [
    { type: 'text', text: 'Here:' },
    { type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' },
    { type: 'link', name: 'More', uri: 'https://example.com', description: 'to read' },
  ]
  expect(mcp({ content, notes: ['A piece was left out: audio.'] })).toBe(
    'Here:\n[image shown to the person]\n[link] More: https://example.com (to read)\n[A piece was left out: audio.]',
  )
  expect(mcp({ content: [] })).toBe('The tool answered nothing.')
})

test('data is told once: as the text that says it, or, where none does, as it is', () => {
  const structuredContent = { a: 1 }
  expect(mcp({ content: [{ type: 'text', text: '{ "a": 1 }' }], structuredContent })).toBe(
    '{ "a": 1 }',
  )
  expect(mcp({ content: [{ type: 'text', text: 'See data.' }], structuredContent })).toBe(
    'See data.\n{"a":1}',
  )
})

test('an answer of another shape, as after an import, is told as it is', () => {
  expect(mcp({ odd: true })).toBe('{"odd":true}')
})
