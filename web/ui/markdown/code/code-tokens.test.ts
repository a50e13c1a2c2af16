import { expect, test } from 'vitest'
import { fileNameFor } from './code-file.ts'
import { codeTokens } from './code-tokens.ts'
import { TOKEN_KINDS } from './token-kinds.ts'

async function kinds(code: string, language: string): Promise<string[]> {
  const tokens = await codeTokens(code, language)
  return Array.from({ length: tokens.length / 3 }, (_, index) => {
    const [kind = 0, start, end] = tokens.subarray(index * 3)
    return `${TOKEN_KINDS[kind]} ${code.slice(start, end)}`
  })
}

test.each([
  [
    'ts',
    'const a = `x ${b}` // no "text"',
    ['keyword const', 'string `x ', 'keyword ${', 'comment // no "text"'],
  ],
  ['python', 'def f(x): # if\n  """doc\n string"""', ['keyword def', 'call f', 'comment # if']],
  ['SQL', 'SELECT 1.5 from t -- end', ['keyword SELECT', 'number 1', 'comment -- end']],
  ['rust', "fn f<'a>(x: &'a str)", ['keyword fn', 'call f']],
  ['bash', 'echo "a # b" # c', ['string "a # b"', 'comment # c']],
  ['json', '{"a": true, "b": "c"}', ['number true', 'string "c"']],
  ['diff', '-old\n+new\n same', ['deleted -old', 'inserted +new']],
  ['html', '<b class="x">y</b>', ['keyword b', 'string "x"']],
])('in %s the words that matter are told apart', async (language, code, expected) => {
  const found = await kinds(code, language)
  expect(found).toEqual(expect.arrayContaining(expected))
})

test('tokens stand in order inside of the code, and an unknown language has none', async () => {
  const code = '/* a */ "b" `c ${d + `e`}` # 1e5 <b> \\ 😀\n'.repeat(5)
  for (const language of ['ts', 'python', 'yaml']) {
    const tokens = await codeTokens(code, language)
    let place = 0
    for (let at = 0; at < tokens.length; at += 3) {
      const [start = 0, end = 0] = tokens.subarray(at + 1)
      expect(start).toBeGreaterThanOrEqual(place)
      expect(end).toBeGreaterThan(start)
      place = end
    }
    expect(place).toBeLessThanOrEqual(code.length)
  }
  expect(await codeTokens(code, 'constructor')).toHaveLength(0)
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
