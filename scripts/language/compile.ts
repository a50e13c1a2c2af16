import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage'
import { generateMessageId } from '@lingui/message-utils/generateMessageId'
import { Visitor, parseSync } from 'vite'
import type { Plugin } from 'vite'

const CATALOGUE = /\/web\/language\/catalogues\/\w+\.json$/
const SOURCE = /\/web\/.*\.tsx?$/

/**
 * Compiles the sentences of the app at build time, so that browsers need no parser for them: those of the catalogues,
 * and the English ones with placeholders in the code, which get a short key.
 */
export function compileSentences(): Plugin {
  return {
    name: 'compile-sentences',
    enforce: 'pre',
    apply: 'build',
    transform(code, id) {
      if (CATALOGUE.test(id)) {
        return { code: JSON.stringify(compiledCatalogue(JSON.parse(code))), map: null }
      }
      if (!SOURCE.test(id)) return null
      const compiled = compiledSource(code, id)
      return compiled === code ? null : { code: compiled, map: null }
    },
  }
}

export function compiledCatalogue(catalogue: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(catalogue).map(([sentence, translation]) => [
      hasPlaceholders(sentence) ? generateMessageId(sentence) : sentence,
      compileMessageOrThrow(translation),
    ]),
  )
}

/** The source code with `t({ id, message }, values)` in place of `t('…{name}…', values)`. */
export function compiledSource(code: string, file: string): string {
  if (!/\b(?:t|msg)\(/.test(code)) return code
  const edits: { start: number; end: number; text: string }[] = []
  const { program } = parseSync(file, code)
  new Visitor({
    CallExpression({ start, end, callee, arguments: [sentence] }) {
      if (callee.type !== 'Identifier' || (callee.name !== 't' && callee.name !== 'msg')) return
      if (sentence?.type !== 'Literal' || typeof sentence.value !== 'string') return
      const { value } = sentence
      const text = hasPlaceholders(value)
        ? JSON.stringify({ id: generateMessageId(value), message: compileMessageOrThrow(value) })
        : JSON.stringify(value)
      // `msg` only marks a sentence for this plugin.
      if (callee.name === 'msg') {
        edits.push({ start, end, text: `(${text})` })
      } else if (hasPlaceholders(value)) {
        edits.push({ start: sentence.start, end: sentence.end, text })
      }
    },
  }).visit(program)
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((text, { start, end, text: now }) => text.slice(0, start) + now + text.slice(end), code)
}

function hasPlaceholders(sentence: string): boolean {
  return sentence.includes('{')
}
