import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DRILLS } from './drill.ts'

test('each drill of the runbook can be played, and each that can be played is there', () => {
  const runbook = readFileSync('docs/operations.md', 'utf8').split('## Drills')[1] ?? ''
  const named = [...runbook.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name)
  expect(new Set(named)).toEqual(new Set(Object.keys(DRILLS)))
  for (const file of Object.values(DRILLS)) expect(existsSync(file), file).toBe(true)
})
