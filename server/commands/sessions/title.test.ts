import { expect, test } from 'vitest'
import { titleOf } from './title.ts'

test.each([
  ['Hello?', 'Hello?'],
  ['  two\n lines', 'two'],
  ['a\t b   c', 'a b c'],
  [`${'word '.repeat(20)}`, `${'word '.repeat(12).trim()}…`],
  ['x'.repeat(100), `${'x'.repeat(60)}…`],
  [`${'x'.repeat(59)}🦉 and more`, `${'x'.repeat(59)}…`],
])('the title of %j is %j', (text, title) => {
  expect(titleOf(text)).toBe(title)
})
