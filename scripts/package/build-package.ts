import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../../package.json' with { type: 'json' }
import { reachOf } from './package-files.ts'
import { CLIENT_ENTRIES, clientManifest } from './published-manifest.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const output = join(root, 'dist/package')
/** The folder of the client-only package. */
const clientFolder = join(root, 'dist/client')

/** Compiles the published code into dist/package: JavaScript for Node and bundlers, and its types. */
function buildPackage(): void {
  rmSync(output, { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '--project', join(root, 'tsconfig.package.json')], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  closeContext(join(output, 'server/trpc.d.ts'))
  for (const entry of ['shared/client', 'server', 'server/testing']) {
    askForDisposable(join(output, entry, 'index.d.ts'))
  }
  // The compiler writes the whole manifest, of which only the version is needed; Node also needs the type.
  const { name, version, type } = manifest
  writeFileSync(join(output, 'package.json'), JSON.stringify({ name, version, type }, null, 2))
}

/**
 * The router's type refers to the context of its procedures, which refers to every part of the server and its
 * libraries. Users of the client cannot use the context, so the published types leave it open, and their compiler does
 * not load those files.
 */
function closeContext(path: string): void {
  const types = readFileSync(path, 'utf8')
  const closed = types
    .replace(/^import type \{ Services \} from '.*';\n/m, '')
    .replaceAll(/\bservices: Services;/g, 'services: unknown;')
  if (closed === types || closed.includes('Services')) {
    throw new Error('the context in server/trpc.d.ts is not as this script knows it')
  }
  writeFileSync(path, closed)
}

/**
 * `AsyncDisposable` is only in the `lib` `esnext`. In a project with an older `lib`, the missing type would silently
 * turn the whole client into `any` under `skipLibCheck`.
 */
function askForDisposable(path: string): void {
  const types = readFileSync(path, 'utf8')
  writeFileSync(path, `/// <reference lib="esnext.disposable" />\n${types}`)
}

/**
 * Copies the files of the client's entries into dist/client, with a manifest that lists the packages that they import.
 */
function buildClient(): void {
  rmSync(clientFolder, { recursive: true, force: true })
  const entries = [...new Set(Object.values(CLIENT_ENTRIES))].map((name) => manifest.exports[name])
  const { files } = reachOf(
    ...entries.flatMap((entry) => [join(root, entry.types), join(root, entry.default)]),
  )
  for (const file of files) cpSync(file, join(clientFolder, relative(root, file)))
  cpSync(join(root, 'LICENSE'), join(clientFolder, 'LICENSE'))
  cpSync(join(root, 'docs/sdk.md'), join(clientFolder, 'README.md'))
  const published = clientManifest(manifest, root)
  writeFileSync(join(clientFolder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
}

buildPackage()
buildClient()
