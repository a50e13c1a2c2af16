import { spawn } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startTestApp } from '../server/testing/app.ts'
import { ExportFile } from '../shared/contract/export.ts'

test('everything is exported at once, and not while a server has the folder open', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'data')
  expect(await run(folder.path, dataDir, [])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('There is no database in'),
  })
  const app = await startTestApp({ env: { DATA_DIR: dataDir } })
  await app.caller.sessions.create({ title: 'Same' })
  await app.caller.sessions.create({ title: 'Same' })
  expect(await run(folder.path, dataDir, [])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/is in use by another Throughline.*\n$/),
  })
  await app.close()

  const file = join(folder.path, 'all.json')
  const done = await run(folder.path, dataDir, [file])
  expect(done).toEqual({ status: 0, stderr: '', stdout: `Exported 2 conversations to ${file}\n` })
  const { sessions } = ExportFile.parse(JSON.parse(await readFile(file, 'utf8')))
  expect(sessions.map(({ title }) => title)).toEqual(['Same', 'Same'])
  expect(await run(folder.path, dataDir, [file])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is there already'),
  })

  const markdown = join(folder.path, 'all')
  expect(await run(folder.path, dataDir, ['--markdown', markdown])).toMatchObject({ status: 0 })
  const names = await readdir(markdown)
  expect(names).toHaveLength(2)
  expect(await readFile(join(markdown, names[0] ?? ''), 'utf8')).toContain('# Same')
})

test('has the settings of the server, also those in files of their own', async () => {
  await using folder = await temporaryFolder()
  const env = { DATABASE_URL_FILE: join(folder.path, 'nothing') }
  expect(await run(folder.path, folder.path, [], env)).toMatchObject({
    status: 78,
    stderr: expect.stringContaining('DATABASE_URL_FILE'),
  })
})

async function run(
  cwd: string,
  dataDir: string,
  options: readonly string[],
  env: Record<string, string> = {},
) {
  const script = fileURLToPath(new URL('export.ts', import.meta.url))
  const child = spawn(process.execPath, [script, ...options], {
    cwd,
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const status = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { status: await status, stdout, stderr }
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'throughline-export-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
