import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../testing/server-process.ts'
import { removeOlder } from './server.ts'

test('a build keeps its own files and those of the last one, which a server that runs may load', async () => {
  await using folder = await temporaryFolder()
  const now = Date.now()
  const last = now - 3_600_000
  const files = {
    'main.js': now,
    'now.js': now,
    'last.js': last - 100,
    'older.js': last - 3_600_000,
  }
  for (const [name, time] of Object.entries(files)) {
    const path = join(folder.path, name)
    await writeFile(path, '')
    await utimes(path, time / 1000, time / 1000)
  }
  removeOlder(folder.path, last, new Set(['main.js', 'now.js']))
  expect((await readdir(folder.path)).toSorted()).toEqual(['last.js', 'main.js', 'now.js'])
})
