import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startSettledApp } from '../../testing/app.ts'

/** The path is computed, because the compiler would make the example a part of this project. */
const program = (name: string): Promise<unknown> => import(`../../../examples/doors/${name}.ts`)

test('the programs of docs/doors.md do what they say', async () => {
  await using app = await startSettledApp({})
  const url = await app.listen()
  const argv = process.argv
  const said: string[] = []
  const print = (text: unknown) => said.push(String(text)) > 0
  vi.spyOn(console, 'log').mockImplementation(print)
  vi.spyOn(process.stdout, 'write').mockImplementation(print)
  onTestFinished(() => {
    process.argv = argv
    vi.restoreAllMocks()
  })
  process.argv = [...argv.slice(0, 2), url]
  await program('openai')
  expect(said.splice(0).join('')).toMatch(/demo/i)
  await program('ai-sdk')
  expect(said.splice(0).join('')).toMatch(/demo/i)
  await program('mcp')
  expect(said.splice(0).join('')).toContain('idle')
})

test('docs/doors.md shows the programs as they are', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
  const shown = [...read('docs/doors.md').matchAll(/\]\(\.\.\/(\S+)\):\n\n```ts\n(.*?)```/gs)]
  expect(shown).toHaveLength(3)
  for (const [, path = '', code] of shown) expect(code).toBe(read(path))
})
