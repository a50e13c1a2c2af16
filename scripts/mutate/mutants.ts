import { Visitor, parseSync } from 'oxc-parser'

/** One small change of a source file: the text from `start` to `end` is replaced. Offsets are UTF-16 units. */
export type Mutant = { start: number; end: number; text: string; what: string }

const OPPOSITES: Record<string, string> = {
  '===': '!==',
  '!==': '===',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '&&': '||',
  '||': '&&',
  '??': '&&',
}

/** All mutations of a TypeScript file that keep its syntax valid, in the order of the file. */
export function findMutants(file: string, source: string): Mutant[] {
  const mutants: Mutant[] = []
  const replace = ({ start, end }: { start: number; end: number }, text: string, what: string) =>
    mutants.push({ start, end, text, what })
  const invert = (
    node: { start: number; left: { end: number }; right: { start: number } },
    operator: string,
  ) => {
    const opposite = Object.hasOwn(OPPOSITES, operator) ? OPPOSITES[operator] : undefined
    const at = source.indexOf(operator, node.left.end)
    if (opposite && at >= 0 && at < node.right.start) {
      replace({ start: at, end: at + operator.length }, opposite, `${operator} becomes ${opposite}`)
    }
  }
  const { program } = parseSync(file, source)
  new Visitor({
    IfStatement: ({ test }) => {
      replace(test, 'true', 'the condition always holds')
      replace(test, 'false', 'the condition never holds')
    },
    ConditionalExpression: ({ test }) => {
      replace(test, 'true', 'the choice is always the first')
      replace(test, 'false', 'the choice is always the second')
    },
    BinaryExpression: (node) => invert(node, node.operator),
    LogicalExpression: (node) => invert(node, node.operator),
    ExpressionStatement: (node) => {
      if (node.expression.type !== 'Literal') {
        replace(node, ';', 'the statement is left out')
      }
    },
    VariableDeclarator: ({ id, init }) => {
      if (id.type === 'Identifier' && /^[A-Z_]+$/.test(id.name) && init?.type === 'Literal') {
        if (typeof init.value === 'number') {
          replace(init, `${init.value * 1_000}`, `${id.name} is a thousand times as much`)
        }
      }
    },
  }).visit(program)
  return mutants.toSorted((a, b) => a.start - b.start)
}

/** The file with one change. */
export function apply(source: string, { start, end, text }: Mutant): string {
  return source.slice(0, start) + text + source.slice(end)
}
