import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dated, problemsOf, unreleasedOf } from './release.ts'
import { migrationNames } from '../../db/engine/migrate.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0\n\n- Old.\n'

test('a release needs a greater version, something to say, and a database that was kept', () => {
  const state = { current: '0.9.0', changelog: CHANGELOG, kept: true }
  expect(problemsOf('0.10.0', state)).toEqual([])
  expect(problemsOf('0.8.9', state)).toEqual([expect.stringContaining('does not go back')])
  expect(problemsOf('next', { ...state, changelog: '', kept: false })).toHaveLength(3)
})

test('the chapter of what is unreleased becomes the version’s', () => {
  expect(unreleasedOf(CHANGELOG)).toBe('- New.')
  const after = dated(CHANGELOG, '0.2.0', '2026-12-01')
  expect(after).toContain('## Unreleased\n\n## 0.2.0 (2026-12-01)\n\n- New.')
  expect(unreleasedOf(after)).toBe('')
  expect(unreleasedOf(read('CHANGELOG.md'))).not.toBe('')
})

test('the list of releases has each database that is kept, and the newest schema', () => {
  const list = read('docs/releases.md')
  for (const file of globSync('db/releases/*.json', { cwd: root })) {
    expect(list).toContain(`| ${file.replace(/^.*\/(.*)\.json$/, '$1')} |`)
  }
  expect(list).toContain(`\`${migrationNames.at(-1)}\``)
})
