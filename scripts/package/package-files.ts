import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { Visitor, parseSync } from 'oxc-parser'

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
  for (const specifier of importsOf(file, readFileSync(file, 'utf8'))) {
    if (specifier.startsWith('.')) {
      const target = join(dirname(file), specifier)
      if (file.endsWith('.d.ts')) visit(target.replace(/\.[jt]s$/, '.d.ts'), reach)
      else if (target.endsWith('.js')) visit(target, reach)
    } else if (!isBuiltin(specifier)) {
      reach.packages.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
    }
  }
}

/** All that a file imports or resolves. It is parsed, because SQL and texts have "from" before quotes too. */
export function importsOf(file: string, source: string): string[] {
  const found: string[] = []
  const take = (node: object | null | undefined) => {
    if (node && 'value' in node && typeof node.value === 'string') found.push(node.value)
  }
  new Visitor({
    ImportDeclaration: (node) => take(node.source),
    ExportNamedDeclaration: (node) => take(node.source),
    ExportAllDeclaration: (node) => take(node.source),
    ImportExpression: (node) => take(node.source),
    TSImportType: (node) => take(node.source),
    // `import.meta.resolve('…')` and `require.resolve('…')`.
    CallExpression: ({ callee, arguments: [given] }) => {
      const isResolve =
        callee.type === 'MemberExpression' &&
        callee.property.type === 'Identifier' &&
        callee.property.name === 'resolve'
      if (isResolve) take(given)
    },
  }).visit(parseSync(file, source).program)
  return found
}
