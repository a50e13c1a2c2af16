import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fingerprint } from './stamped-build.ts'

let folder = ''
const read = (): string => fingerprint(folder, ['web/**/*', 'lock.json'])
const write = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'))
  await mkdir(join(folder, 'web/app'), { recursive: true })
  await write('web/app/layout.tsx', 'one')
  await write('lock.json', '{}')
})
afterEach(() => rm(folder, { recursive: true }))

test('an app stays fresh while only times and tests change', async () => {
  const before = read()
  await utimes(join(folder, 'lock.json'), 0, 0)
  await write('web/app/layout.test.tsx', 'test')
  await write('elsewhere.ts', 'no source')
  expect(read()).toBe(before)
})

test('a changed, new, moved or removed source makes the app stale', async () => {
  const seen = [read()]
  await write('web/app/layout.tsx', 'two')
  seen.push(read())
  await write('web/app/page.tsx', 'two')
  seen.push(read())
  await rm(join(folder, 'web/app/layout.tsx'))
  seen.push(read())
  await write('lock.json', '{"a":1}')
  seen.push(read())
  expect(new Set(seen).size).toBe(seen.length)
})
