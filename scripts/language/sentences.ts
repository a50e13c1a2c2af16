import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Visitor, parseSync } from 'vite'
import type { ESTree } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The use of a sentence, with the names of its values. */
export type Used = { sentence: string; place: string; values: string[] | null }

/** All sentences of the app, and the texts in it that go through no catalogue. */
export function sentencesOfTheApp(): { used: Used[]; bare: string[] } {
  const files = globSync('web/**/*.{ts,tsx}', { cwd: root })
    .filter((file) => !/\.test\.|\/testing\/|^web\/language\/languages\.ts$/.test(file))
    .toSorted()
  const found = files.map((file) => sentencesOf(readFileSync(`${root}/${file}`, 'utf8'), file))
  return {
    used: found.flatMap(({ used }) => used),
    bare: found.flatMap(({ bare }) => bare),
  }
}

/** Attributes and fields of objects whose values people read. */
const SAID =
  /^(?:aria-(?:label|description|roledescription|valuetext)|title|placeholder|label|alt|text|none|hint|heading|name|detail|does|summary|body)$/
/** Names, and texts that are the same in every language. */
const NAMES = /^(?:· )?(?:Throughline|CSV|Node|OPENAI_\w+|https?:\S+)$/
const LETTERS = /\p{L}/u
/** Several words that begin with a capital letter, wherever they are. */
const PROSE = /^\p{Lu}\p{L}* \p{L}[^<>]*$/u
/** Texts for the model or for programmers, and those of the service worker, which has translations of its own. */
const NOT_FOR_CATALOGUES: readonly string[] = [
  'A tool waits for you.',
  'The answer is there.',
  'The health page answered ',
  'They wrote something instead.',
  'This is not the build of the server',
]

/** @param file its name; a `.tsx` file may have elements */
export function sentencesOf(code: string, file: string): { used: Used[]; bare: string[] } {
  const used: Used[] = []
  const bare: string[] = []
  const marked = new Set<number>()
  const prose: { start: number; text: string }[] = []
  const { program, errors } = parseSync(file, code)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message ?? ''}`)
  const place = ({ start }: { start: number }) =>
    `${file}:${code.slice(0, start).split('\n').length}`
  const note = (node: { start: number }, words: string) => {
    const text = words.trim()
    if (LETTERS.test(text) && !NAMES.test(text)) bare.push(`${place(node)} ${text}`)
  }
  new Visitor({
    CallExpression(call) {
      if (call.callee.type !== 'Identifier') return
      const { name } = call.callee
      if (name !== 't' && name !== 'msg') return
      const [sentence, values] = call.arguments
      if (sentence?.type !== 'Literal' || typeof sentence.value !== 'string') {
        if (name === 'msg') bare.push(`${place(call)} a sentence is written out where it is marked`)
        return
      }
      marked.add(sentence.start)
      used.push({
        sentence: sentence.value,
        place: place(call),
        values: name === 'msg' ? null : keysOf(values),
      })
    },
    Literal(node) {
      if (typeof node.value === 'string') prose.push({ start: node.start, text: node.value })
    },
    TemplateElement({ start, value }) {
      prose.push({ start, text: value.cooked ?? '' })
    },
    JSXText: (node) => note(node, node.value),
    JSXAttribute({ name, value }) {
      if (name.type !== 'JSXIdentifier' || name.name === 'name' || !SAID.test(name.name)) return
      if (value?.type === 'Literal' && typeof value.value === 'string') note(value, value.value)
      if (value?.type === 'JSXExpressionContainer') noteIn(value.expression)
    },
    JSXElement: ({ children }) => noteChildren(children),
    JSXFragment: ({ children }) => noteChildren(children),
    Property({ key, value }) {
      if (key.type !== 'Identifier' || !SAID.test(key.name)) return
      // A field with such a name may hold other values; a sentence begins with a capital letter, or has several words.
      if (value.type === 'Literal' && /^\p{Lu}|\p{L} \p{L}/u.test(String(value.value))) {
        noteIn(value)
      }
      if (value.type === 'TemplateLiteral' && !/^(?:name|body)$/.test(key.name)) noteIn(value)
    },
  }).visit(program)

  function noteChildren(children: ESTree.JSXChild[]): void {
    for (const child of children) {
      if (child.type === 'JSXExpressionContainer') noteIn(child.expression)
    }
  }

  function noteIn(node: ESTree.Expression | ESTree.JSXEmptyExpression): void {
    switch (node.type) {
      case 'Literal':
        if (typeof node.value === 'string') note(node, node.value)
        return
      case 'TemplateLiteral':
        for (const { value } of node.quasis) {
          if (/\p{L}{2}/u.test(value.cooked ?? '')) note(node, value.cooked ?? '')
        }
        return
      case 'ConditionalExpression':
        noteIn(node.consequent)
        return noteIn(node.alternate)
      case 'LogicalExpression':
        if (node.operator !== '&&') noteIn(node.left)
        return noteIn(node.right)
      default:
    }
  }
  for (const { start, text } of prose) {
    if (marked.has(start) || NOT_FOR_CATALOGUES.includes(text) || !PROSE.test(text)) continue
    if (!bare.includes(`${place({ start })} ${text.trim()}`)) note({ start }, text)
  }
  return { used, bare }
}

/** Null when they are not written as an object literal. */
function keysOf(values: ESTree.Argument | undefined): string[] | null {
  if (values === undefined) return []
  if (values.type !== 'ObjectExpression') return null
  return values.properties.flatMap((property) =>
    property.type === 'Property' && property.key.type === 'Identifier' ? [property.key.name] : [],
  )
}
