import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'

export type Reach = {
  /** Paths of the files of ours. */
  files: Set<string>
  /** Names of the packages of others. */
  packages: Set<string>
}

/** The files and packages that compiled files (`.js` or `.d.ts`) import, directly or indirectly. */
export function reachOf(...entries: string[]): Reach {
  const reach: Reach = { files: new Set(), packages: new Set() }
  for (const entry of entries) visit(entry, reach)
  return reach
}

function visit(file: string, reach: Reach): void {
  if (reach.files.has(file) || !existsSync(file)) return
  reach.files.add(file)
  const imports = /(?:\bfrom |\bimport |\bimport\(|\bresolve\()['"]([^'"\n]+)['"]/g
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(imports)) {
    if (specifier.startsWith('.')) {
      const target = join(dirname(file), specifier)
      if (file.endsWith('.d.ts')) visit(target.replace(/\.[jt]s$/, '.d.ts'), reach)
      else if (target.endsWith('.js')) visit(target, reach)
    } else if (!isBuiltin(specifier)) {
      reach.packages.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
    }
  }
}
