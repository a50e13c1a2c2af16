import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { precompress } from '../server/http/precompress.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = join(root, 'dist/web')
/** Says what the app beside it was built from. It is written last: a build that was cut short has none. */
const stamp = join(output, '.built-from')

/** All that the built app follows from. */
const sources = [
  'web/**/*',
  'shared/**/*.ts',
  'vite.config.ts',
  'package-lock.json',
  'scripts/build-web.ts',
  'server/http/precompress.ts',
]

/**
 * Builds the web app into dist/web, with its compressed variants, unless what is there was built from these sources.
 *
 * @throws when the build fails; the next call tries again
 */
export async function buildWebApp(): Promise<'built' | 'fresh'> {
  if (isWebAppFresh()) return 'fresh'
  const wanted = fingerprint(root, sources)
  console.error('Building the web app …')
  const began = performance.now()
  rmSync(stamp, { force: true })
  await viteBuild()
  await precompress(output)
  writeFileSync(stamp, wanted)
  console.error(`Built the web app in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  return 'built'
}

/** Whether what is there was built from these sources. */
export function isWebAppFresh(): boolean {
  return fingerprint(root, sources) === builtFrom()
}

/** A hash over the contents of the files, whatever their times say: a fresh clone of the same sources has the same. */
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

/** In a process of its own, so that the memory of the bundler is not the server's for as long as that lives. */
async function viteBuild(): Promise<void> {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    // Whoever asks (the test runner says "test") gets the app that people get.
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 2, 2],
  })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error('The web app could not be built; see above.')
}

if (import.meta.main) {
  if ((await buildWebApp()) === 'fresh') console.error('The web app in dist/web is up to date.')
}
