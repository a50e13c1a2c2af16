import { ignoresCase } from './code-languages.ts'
import type { CodeLanguage } from './code-languages.ts'

export type CodeToken = {
  kind: 'comment' | 'string' | 'number' | 'keyword' | 'call'
  start: number
  end: number
}

const number = /\b(?:0x[\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)n?\b/
const word = /[\p{L}_$][\p{L}\p{N}_$]*/u

/** The tokens to highlight, in order; an approximation without a grammar. */
export function codeTokens(code: string, language: CodeLanguage): CodeToken[] {
  const { comments, strings, keywords } = language
  const pattern = new RegExp(
    `(${comments.source})|(${strings.source})|(${number.source})|(${word.source})`,
    'gu',
  )
  const isKeyword = (text: string) =>
    keywords.has(ignoresCase(language) ? text.toLowerCase() : text)
  const tokens: CodeToken[] = []
  for (const match of code.matchAll(pattern)) {
    const [text, comment, string, digits] = match
    const start = match.index
    const end = start + text.length
    const add = (kind: CodeToken['kind']) => tokens.push({ kind, start, end })
    if (text === '') continue
    if (comment !== undefined) add('comment')
    else if (string !== undefined) add('string')
    else if (digits !== undefined) add('number')
    else if (code[start - 1] !== '.' && isKeyword(text)) add('keyword')
    else if (code[end] === '(') add('call')
  }
  return tokens
}
