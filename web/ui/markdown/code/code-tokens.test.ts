import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileNameFor } from './code-file.ts'
import { codeLanguage } from './code-languages.ts'
import { codeTokens } from './code-tokens.ts'

function kinds(name: string, code: string): string[] {
  const language = codeLanguage(name)
  if (!language) throw new Error(`${name} is not known`)
  return codeTokens(code, language).map(
    ({ kind, start, end }) => `${kind} ${code.slice(start, end)}`,
  )
}

test.each([
  [
    'ts',
    'const a = `x ${1}` // no "text"',
    ['keyword const', 'string `x ${1}`', 'comment // no "text"'],
  ],
  [
    'python',
    'def f(x): # if\n  """doc\n string"""',
    ['keyword def', 'call f', 'comment # if', 'string """doc\n string"""'],
  ],
  [
    'SQL',
    'SELECT 1.5 from t -- end',
    ['keyword SELECT', 'number 1.5', 'keyword from', 'comment -- end'],
  ],
  ['rust', "fn f<'a>(x: &'a str)", ['keyword fn', 'keyword str']],
  ['bash', 'echo "a # b" # c', ['keyword echo', 'string "a # b"', 'comment # c']],
  ['json', '{"a": true, "b": 0x1f}', ['string "a"', 'keyword true', 'string "b"', 'number 0x1f']],
])('in %s the words that matter are known from each other', (name, code, expected) => {
  expect(kinds(name, code)).toEqual(expected)
})

test('whatever the code, its tokens stand in order, one after the other, inside of it', () => {
  const piece = fc.constantFrom(
    '"',
    "'",
    '`',
    '/*',
    '*/',
    '//',
    '#',
    '\n',
    'if',
    '1e5',
    '(',
    '\\',
    ' ',
    'ß',
  )
  const names = fc.constantFrom('ts', 'python', 'rust', 'sql', 'bash', 'html', 'css', 'text')
  fc.assert(
    fc.property(names, fc.array(piece, { maxLength: 30 }), (name, pieces) => {
      const code = pieces.join('')
      const language = codeLanguage(name)
      let place = 0
      for (const { start, end } of language ? codeTokens(code, language) : []) {
        expect(start).toBeGreaterThanOrEqual(place)
        expect(end).toBeGreaterThan(start)
        place = end
      }
      expect(place).toBeLessThanOrEqual(code.length)
    }),
  )
})

test('a file of code has the ending of its language, and never a name that leads elsewhere', () => {
  expect(['TypeScript', 'python', 'sql', '', '../../etc', 'c++'].map(fileNameFor)).toEqual([
    'code.ts',
    'code.py',
    'code.sql',
    'code.txt',
    'code.txt',
    'code.cpp',
  ])
})
