import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// `npm pack` takes the manifest as it lies there. This project's own names all that the server, the web app and their
// making need; the package must ask of others only what it imports. So the published one is put in its place while
// npm packs (`prepack`), and the project's own back afterwards (`postpack`).

const root = fileURLToPath(new URL('..', import.meta.url))
const path = join(root, 'package.json')
/** The project's own manifest for as long as the published one lies in its place. */
const saved = join(root, 'dist/package.json.saved')

type Versions = Record<string, string>
type Manifest = {
  name: string
  version: string
  description: string
  license: string
  type: string
  files: string[]
  exports: Record<string, string | { types: string; default: string }>
  dependencies: Versions
  devDependencies: Versions
}

/** Named by a string that no import shows: the log as a person reads it. */
const UNSEEN = ['pino-pretty']

/** The manifest of the package, from the project's own and what the compiled code in dist/package imports. */
function publishedManifest(own: Manifest): object {
  const { name, version, description, license, type, files, exports } = own
  const versions = { ...own.devDependencies, ...own.dependencies }
  const entries = Object.values(exports).filter((entry) => typeof entry !== 'string')
  const used = new Set(UNSEEN)
  for (const entry of entries) {
    for (const one of packagesOf(join(root, entry.default))) used.add(one)
    for (const one of packagesOf(join(root, entry.types))) {
      used.add(one)
      const types = `@types/${one}`
      // Whoever uses React has its types already, of the version that fits.
      if (types in versions && one !== 'react') used.add(types)
    }
  }
  used.delete('react')
  const dependencies = Object.fromEntries(
    [...used].sort().map((one) => {
      const exact = versions[one]
      if (exact === undefined) throw new Error(`the package imports ${one}, which is no dependency`)
      return [one, `^${exact}`]
    }),
  )
  return {
    ...{ name, version, description, license, type },
    engines: { node: '>=22' },
    sideEffects: false,
    ...{ exports, files, dependencies },
    peerDependencies: { react: '>=18' },
    peerDependenciesMeta: { react: { optional: true } },
  }
}

/** The packages that a compiled file imports, itself or by those of ours that it imports. */
function packagesOf(file: string, seen = new Set<string>(), found = new Set<string>()) {
  if (seen.has(file)) return found
  seen.add(file)
  const imports = /(?:\bfrom |\bimport |\bimport\(|\bresolve\()['"]([^'"\n]+)['"]/g
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(imports)) {
    if (specifier.startsWith('.')) {
      const target = join(dirname(file), specifier)
      if (file.endsWith('.d.ts')) packagesOf(target.replace(/\.ts$/, '.d.ts'), seen, found)
      else if (target.endsWith('.js')) packagesOf(target, seen, found)
    } else if (!isBuiltin(specifier)) {
      found.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
    }
  }
  return found
}

function restore(): void {
  if (existsSync(saved)) renameSync(saved, path)
}

function publish(): void {
  // A packing that was cut short left the project's own aside.
  restore()
  const own = readFileSync(path, 'utf8')
  const published = publishedManifest(JSON.parse(own) as Manifest)
  writeFileSync(saved, own)
  writeFileSync(path, `${JSON.stringify(published, null, 2)}\n`)
}

if (process.argv.includes('--restore')) restore()
else publish()
