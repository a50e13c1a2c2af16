import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { precompress } from '../../server/http/static/precompress.ts'
import { StampedBuild, root } from './stamped-build.ts'

const output = join(root, 'dist/web')

/** Larger than any file of the app's own code. */
const LARGE_BYTES = 600_000

/** The web app in dist/web, with compressed variants. */
export const webApp = new StampedBuild({
  name: 'the web app',
  output: 'dist/web',
  sources: [
    'web/**/*',
    'shared/**/*.ts',
    'vite.config.ts',
    'package-lock.json',
    'scripts/build/{stamped-build,web-app}.ts',
    'scripts/language/compile.ts',
    'server/http/static/precompress.ts',
  ],
  make: async (fingerprint) => {
    const build = fingerprint.slice(0, 16)
    await viteBuild(build)
    noteBuild(build)
    await precompress(output)
  },
})

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
