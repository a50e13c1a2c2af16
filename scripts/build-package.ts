import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import { reachOf } from './package-files.ts'
import { CLIENT_ENTRIES, clientManifest } from './published-manifest.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = join(root, 'dist/package')
/** The client alone, as a folder to be packed. */
const clientFolder = join(root, 'dist/client')

/** Compiles what others use of this tree into dist/package: JavaScript for bundlers and Node, and its types. */
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
  // The compiler copies the whole manifest; of it only the version is asked for, and the type has to be said again.
  const { name, version, type } = manifest
  writeFileSync(join(output, 'package.json'), JSON.stringify({ name, version, type }, null, 2))
}

/**
 * The router's type names the context of its procedures, and that names every part of the server and its libraries.
 * Nobody outside can use it, so in the types that are published it is left open: a client's compiler reads none of them.
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
 * `AsyncDisposable` is in no `lib` before `esnext`. Where a project names an older one, a type that is not found would
 * make the whole client `any`, without a word under `skipLibCheck`.
 */
function askForDisposable(path: string): void {
  const types = readFileSync(path, 'utf8')
  writeFileSync(path, `/// <reference lib="esnext.disposable" />\n${types}`)
}

/** Puts the files of the client's entries into dist/client, beside a manifest that asks for what they import. */
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
