import { relative, sep } from 'node:path'
import { barrelProblem, importProblem } from './layers.ts'
import { regexProblem } from './regexes.ts'

/** Our lint rules for oxlint, which does not export the types of its plugin API. */

type Node = {
  type: string
  source: (Node & { value?: unknown }) | null
  importKind?: 'type' | 'value'
  exportKind?: 'type' | 'value'
  regex?: { pattern: string; flags: string } | null
}
type Context = {
  cwd: string
  physicalFilename: string
  report(problem: { node: Node; message: string }): void
}

const imports = {
  create(context: Context) {
    const check = (node: Node, typeOnly: boolean): void => {
      const specifier = node.source?.value
      if (typeof specifier !== 'string') return
      const message = importProblem(fileOf(context), { specifier, typeOnly })
      if (message) context.report({ node, message })
    }
    return {
      ImportDeclaration: (node: Node) => check(node, node.importKind === 'type'),
      ExportAllDeclaration: (node: Node) => check(node, node.exportKind === 'type'),
      ExportNamedDeclaration: (node: Node) => check(node, node.exportKind === 'type'),
      ImportExpression: (node: Node) => check(node, false),
      TSImportType: (node: Node) => check(node, true),
    }
  },
}

const barrels = {
  create(context: Context) {
    const check = (node: Node): void => {
      const specifier = node.source?.value
      if (typeof specifier !== 'string') return
      const message = barrelProblem(fileOf(context), specifier)
      if (message) context.report({ node, message })
    }
    return { ExportAllDeclaration: check, ExportNamedDeclaration: check }
  },
}

const backtracking = {
  create(context: Context) {
    return {
      Literal: (node: Node) => {
        if (!node.regex) return
        const message = regexProblem(node.regex.pattern, node.regex.flags)
        if (message) context.report({ node, message })
      },
    }
  },
}

function fileOf(context: Context): string {
  return relative(context.cwd, context.physicalFilename).split(sep).join('/')
}

export default { meta: { name: 'layers' }, rules: { imports, barrels, backtracking } }
