import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { lockFolder } from '../db/engine/embedded/folder-lock.ts'

const root = resolve(import.meta.dirname, '..')
/** Holds the lock of the build of the web app. */
const LOCKED = 'node_modules/.cache/throughline/dist/web'

/** The files that a start reads before it builds the web app, without those of an earlier build. */
async function copyTree(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'throughline-start-'))
  for (const name of ['db', 'scripts', 'server', 'shared', 'web', 'vite.config.ts']) {
    await cp(join(root, name), join(copy, name), { recursive: true })
  }
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json']) {
    await cp(join(root, name), join(copy, name))
  }
  await mkdir(join(root, LOCKED), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

test('one process builds the web app at a time, and none goes on when its start was killed', async () => {
  const copy = await copyTree()
  const unlock = lockFolder(join(root, LOCKED))
  try {
    const start = spawn(process.execPath, ['scripts/start.js'], {
      cwd: copy,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    start.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
    await expect.poll(() => said).toContain('Waiting for another process that builds the web app')
    // The process that waits has the same stream, which closes when nobody has it any more.
    const closed = once(start.stderr, 'close')
    start.kill('SIGKILL')
    await closed
    expect(said).not.toContain('Building')
  } finally {
    unlock()
    await rm(copy, { recursive: true })
  }
})

test('a first start with wrong settings says what is wrong with them, and builds nothing', async () => {
  const copy = await copyTree()
  try {
    const start = spawn(process.execPath, ['scripts/start.js'], {
      cwd: copy,
      env: { ...process.env, AUTH_MODE: 'nonsense' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    start.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
    expect(await once(start, 'close')).toEqual([78, null])
    expect(said).toContain('AUTH_MODE')
    expect(said).not.toContain('Building')
  } finally {
    await rm(copy, { recursive: true })
  }
})
