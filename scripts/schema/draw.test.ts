import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { drawSchema, drawTables } from './draw.ts'

test('docs/schema.md is what the migrated database has; otherwise run: npm run schema', async () => {
  const page = await readFile(new URL('../../docs/schema.md', import.meta.url), 'utf8')
  expect(page).toBe(await drawSchema())
})

test('a table that nobody has described is refused, and so is a sentence whose table is gone', () => {
  const parts = { columns: [], constraints: [], indexes: [], triggers: [] }
  const table = { name: 'drafts', comment: null, rowSecurity: true, policies: 0, ...parts }
  expect(() => drawTables([table], {})).toThrow('The table drafts wants a comment')
  expect(() => drawTables([], { drafts: 'Texts.' })).toThrow('no table any more for: drafts')
  expect(drawTables([{ ...table, comment: 'Texts.' }], {})).toContain('## drafts\n\nTexts.')
})
