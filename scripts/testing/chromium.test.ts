import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from './chromium.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chromium-'))
  await command('chromium', 'echo "not installed" >&2; exit 1')
  await command('google-chrome', 'echo "Google Chrome 1.2.3"')
  await command('mine', 'echo "Mine 4"')
})
afterAll(() => rm(folder, { recursive: true }))

async function command(name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`)
  await chmod(join(folder, name), 0o755)
}

test('a command that only stands in for a browser is passed over', () => {
  const found = { path: join(folder, 'google-chrome'), version: 'Google Chrome 1.2.3' }
  expect(findChromium({ PATH: folder })).toEqual(found)
})

test('a browser without windows comes first', async () => {
  const both = join(folder, 'both')
  await mkdir(both)
  await command('both/chromium', 'echo "Chromium 1"')
  await command('both/chromium-headless-shell', 'echo "Chromium 2"')
  const found = { path: join(both, 'chromium-headless-shell'), version: 'Chromium 2' }
  expect(findChromium({ PATH: both })).toEqual(found)
})

test('CHROMIUM_PATH comes before what is found, and must run', () => {
  const env = { PATH: folder, CHROMIUM_PATH: join(folder, 'mine') }
  expect(findChromium(env)).toEqual({ path: join(folder, 'mine'), version: 'Mine 4' })
  const none = { PATH: folder, CHROMIUM_PATH: join(folder, 'none') }
  expect(() => findChromium(none)).toThrow('CHROMIUM_PATH')
})
