import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { temporaryFolder } from './server-process.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** The files that go into the package. */
const SOURCES = [
  'db',
  'server',
  'shared',
  'scripts',
  'package.json',
  'docs/sdk.md',
  'README.md',
  'LICENSE',
].concat(['tsconfig.json', 'tsconfig.package.json'])

const compilerOptions = {
  ...{ target: 'es2023', lib: ['es2023', 'dom', 'dom.iterable'], types: ['node'] },
  ...{ module: 'esnext', moduleResolution: 'bundler', jsx: 'react-jsx' },
  ...{ strict: true, skipLibCheck: true, noEmit: true, allowImportingTsExtensions: true },
}

/** Packages that users of the package install themselves. */
const OF_THE_CONSUMER = [
  'ai',
  'react',
  'react-dom',
  'vitest',
  '@types/node',
  '@types/react',
].concat(['@types/react-dom'])

const Manifest = z.looseObject({ dependencies: z.record(z.string(), z.string()) })

export type PackedPackage = {
  /** The path of the file that `npm pack` made. */
  tarball: string
  /** The same for the client-only package. */
  client: string
  manifest: z.infer<typeof Manifest>
  /** Path of a project with the installed package and the examples, and nothing else of this repository. */
  consumer: string
}

/**
 * Packs this repository as `npm pack` does, and installs the file into an empty project. The dependencies in its
 * manifest, and no others, are linked from this repository, so that no network is needed.
 */
export async function packAndInstall(): Promise<{
  packed: PackedPackage
  remove: () => Promise<void>
}> {
  const folder = await temporaryFolder()
  // In a copy, because packing temporarily changes the manifest.
  const tree = join(folder.path, 'tree')
  for (const source of SOURCES) cpSync(join(root, source), join(tree, source), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  const own = readFileSync(join(tree, 'package.json'), 'utf8')
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH: path }
  const pack = ['pack', '--silent', '--pack-destination', folder.path]
  const { stdout } = await run('npm', pack, { cwd: tree, env })
  if (readFileSync(join(tree, 'package.json'), 'utf8') !== own) {
    throw new Error('npm pack left another package.json behind')
  }
  const fileOf = (output: string) => join(folder.path, output.trim().split('\n').at(-1) ?? '')
  const tarball = fileOf(stdout)
  const packedClient = await run('npm', [...pack, './dist/client'], { cwd: tree, env })
  const client = fileOf(packedClient.stdout)

  const consumer = join(folder.path, 'consumer')
  const installed = join(consumer, 'node_modules/throughline')
  mkdirSync(installed, { recursive: true })
  await run('tar', ['xzf', tarball, '--strip-components=1', '-C', installed])
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')))
  for (const name of [...Object.keys(manifest.dependencies), ...OF_THE_CONSUMER]) {
    const link = join(consumer, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  cpSync(join(root, 'examples'), consumer, { recursive: true })
  cpSync(join(root, 'scripts/testing/consumer'), consumer, { recursive: true })
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module", "private": true }')
  return {
    packed: { tarball, client, manifest, consumer },
    remove: async () => folder[Symbol.asyncDispose](),
  }
}
