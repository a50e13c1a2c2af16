import { join } from 'node:path'
import { reachOf } from './package-files.ts'

type Versions = Record<string, string>
type Entries = Record<string, string | { types: string; default: string }>
export type Manifest = {
  name: string
  version: string
  description: string
  license: string
  type: string
  files: string[]
  exports: Entries
  dependencies: Versions
  devDependencies: Versions
}

/**
 * The oldest and the newest version with which the packed client is tested (`scripts/package/registry.test.ts`). Other
 * dependencies are pinned to the version of this repository, since no other is tested.
 */
export const TESTED = {
  '@trpc/client': ['11.19.0', '11.25.2'],
  '@trpc/server': ['11.19.0', '11.25.2'],
  zod: ['4.6.5', '4.6.7'],
} as const satisfies Record<string, readonly [oldest: string, newest: string]>

/** The range of React for which the hooks are tested, and the versions at its ends. */
const REACT = '^18.3.1 || ^19.0.0'
export const TESTED_REACT = ['18.3.1', '19.3.1'] as const

/** Only the types of the AI SDK's transport are used, and no code. */
const AI_SDK = '^7.0.0'

/**
 * Packages that a scan for imports does not find: the pretty printer of the log, by a computed name; and packages that
 * only a thread for reading files imports.
 */
const UNSEEN = ['file-type', 'mammoth', 'pino-pretty', 'unpdf']

/** The entries of the client-only package, by those of the whole package. */
export const CLIENT_ENTRIES = {
  '.': './client',
  './client': './client',
  './react': './react',
  './ai-sdk': './ai-sdk',
  './contract': './contract',
} as const

/** The manifest of the whole package: the client, and the server to embed. */
export function wholeManifest(own: Manifest, root: string): object {
  return published(own, root, { name: own.name, exports: own.exports, unseen: UNSEEN })
}

/** The manifest of the client-only package; it exports the same files as the whole package. */
export function clientManifest(own: Manifest, root: string): object {
  const exports: Entries = { './package.json': './package.json' }
  for (const [entry, source] of Object.entries(CLIENT_ENTRIES)) {
    const target = own.exports[source]
    if (target !== undefined) exports[entry] = target
  }
  return published(own, root, { name: `${own.name}-client`, exports, unseen: [] })
}

function published(
  own: Manifest,
  root: string,
  { name, exports, unseen }: { name: string; exports: Entries; unseen: string[] },
): object {
  const { version, description, license, type, files } = own
  const versions = { ...own.devDependencies, ...own.dependencies }
  const entries = Object.values(exports).filter((entry) => typeof entry !== 'string')
  const code = reachOf(...entries.map((entry) => join(root, entry.default)))
  const types = reachOf(...entries.map((entry) => join(root, entry.types)))
  const used = new Set([...unseen, ...code.packages, ...types.packages])
  for (const one of types.packages) {
    // A project that uses React has its types already, of the matching version.
    if (`@types/${one}` in versions && one !== 'react') used.add(`@types/${one}`)
  }
  used.delete('react')
  used.delete('ai')
  const dependencies = Object.fromEntries(
    [...used].sort().map((one) => [one, rangeOf(one, versions)]),
  )
  return {
    ...{ name, version, description, license, type },
    // The minimum for the client, the part with the lowest requirement; the server checks its own at import.
    engines: { node: '>=20' },
    sideEffects: ['./dist/package/server/node-version.js'],
    ...{ exports, files, dependencies },
    peerDependencies: { ai: AI_SDK, react: REACT },
    peerDependenciesMeta: { ai: { optional: true }, react: { optional: true } },
  }
}

function rangeOf(name: string, versions: Versions): string {
  const tested: Partial<Record<string, readonly [string, string]>> = TESTED
  const range = tested[name]
  if (range !== undefined) return `>=${range[0]} <=${range[1]}`
  const exact = versions[name]
  if (exact === undefined) throw new Error(`the package imports ${name}, which is no dependency`)
  return exact
}
