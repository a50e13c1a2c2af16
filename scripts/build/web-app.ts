import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { FolderInUseError, lockFolder } from '../db/engine/embedded/folder-lock.ts'
import { precompress } from '../server/http/static/precompress.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = join(root, 'dist/web')
/** The fingerprint of the sources of the built app. It is written last, so an interrupted build has none. */
const stamp = join(output, '.built-from')

/** Holds the lock of a build: dist/web is emptied by each. */
const cache = join(root, 'node_modules/.cache/throughline')
const LOCK_POLL_MS = 200

/** Larger than any file of the app's own code. */
const LARGE_BYTES = 600_000

/** Everything that the built app depends on. */
const sources = [
  'web/**/*',
  'shared/**/*.ts',
  'vite.config.ts',
  'package-lock.json',
  'scripts/build-web.ts',
  'scripts/language/compile.ts',
  'server/http/static/precompress.ts',
]

/**
 * Builds the web app into dist/web, with compressed variants, unless it is up to date. One process builds at a time, and
 * the others wait for it: two would empty each other's folder.
 * @throws when the build fails; the next call tries again
 */
export async function buildWebApp(): Promise<'built' | 'fresh'> {
  if (isWebAppFresh()) return 'fresh'
  const unlock = await lockBuild()
  try {
    // Another process may have built it meanwhile.
    if (isWebAppFresh()) return 'fresh'
    await build()
    return 'built'
  } finally {
    unlock()
  }
}

async function build(): Promise<void> {
  const wanted = fingerprint(root, sources)
  console.error('Building the web app …')
  const began = performance.now()
  rmSync(stamp, { force: true })
  await viteBuild(wanted.slice(0, 16))
  noteBuild(wanted.slice(0, 16))
  await precompress(output)
  writeFileSync(stamp, wanted)
  console.error(`Built the web app in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

/** Resolves when no other process builds; the operating system releases the lock of a process that was killed. */
async function lockBuild(): Promise<() => void> {
  mkdirSync(cache, { recursive: true })
  for (let tries = 0; ; tries += 1) {
    try {
      return lockFolder(cache)
    } catch (error) {
      if (!(error instanceof FolderInUseError)) throw error
      if (tries === 0) console.error('Waiting for another process that builds the web app …')
      await setTimeout(LOCK_POLL_MS)
    }
  }
}

/** Returns true when the built app matches the sources. */
export function isWebAppFresh(): boolean {
  return fingerprint(root, sources) === builtFrom()
}

/** A hash of the contents of the files, independent of their modification times. */
export function fingerprint(folder: string, patterns: string[]): string {
  const files = globSync(patterns, { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    const content = readFileSync(file)
    hash.update(`${file.slice(folder.length)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

function builtFrom(): string | null {
  try {
    return readFileSync(stamp, 'utf8')
  } catch {
    return null
  }
}

/**
 * Records the build's id, and the files that a browser stores to open the app without the server: all except the large
 * ones, which are loaded for contents that need them.
 */
function noteBuild(build: string): void {
  const isSmall = (file: string): boolean => statSync(join(output, file)).size < LARGE_BYTES
  const files = globSync('assets/*.{js,css}', { cwd: output }).filter(isSmall).toSorted()
  const note = { build, files: [...files.map((file) => `/${file}`), '/icon.svg'] }
  writeFileSync(join(output, 'build.json'), JSON.stringify(note))
}

/** In a separate process, because the bundler's memory would not be returned to the system while the server runs. */
async function viteBuild(build: string): Promise<void> {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    // A production build even when the caller's NODE_ENV is `test`.
    env: { ...process.env, NODE_ENV: 'production', VITE_BUILD: build },
    stdio: ['ignore', 2, 2],
  })
  // A process that ends in the middle, because its own parent was killed, leaves no build behind.
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  const [status] = await once(child, 'exit')
  process.off('exit', end)
  if (status !== 0) throw new Error('The web app could not be built; see above.')
}

if (import.meta.main) {
  if ((await buildWebApp()) === 'fresh') console.error('The web app in dist/web is up to date.')
}
