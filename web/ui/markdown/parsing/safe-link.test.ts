import { expect, test } from 'vitest'
import { safeLink } from './safe-link.ts'

test.each([
  ['https://example.org/a?b#c', 'https://example.org/a?b#c'],
  ['HTTP://example.org', 'http://example.org/'],
  ['mailto:a@example.org', 'mailto:a@example.org'],
])('%s leads somewhere', (href, expected) => {
  expect(safeLink(href)).toBe(expected)
})

test.each([
  'javascript:alert(1)',
  ' java\nscript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  '//example.org',
  '/relative',
  '#hash',
  '',
])('%j is no link', (href) => {
  expect(safeLink(href)).toBeNull()
})
