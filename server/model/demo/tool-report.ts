import { isObject, parseJson } from '../json.ts'
import type { CallResult } from './conversation.ts'
import { cell, duration, format, label, round } from './figures.ts'

/** Reports the results of calls: the figures of those that succeeded, and the errors of the others. */
export function reportResults(results: CallResult[]): string {
  const reports = results.map((result) => reportOne(result, results.length > 1))
  return reports.join('\n\n')
}

function reportOne({ name, arguments: input, output }: CallResult, several: boolean): string {
  const trouble = troubleIn(name, output)
  if (trouble) return trouble
  const value = valueOf(output)
  const subject = SUBJECTS.find(({ tool }) => tool === name)
  const asked = Object.values(Object(parseJson(input) ?? {})).filter(
    (one) => typeof one === 'string',
  )
  const which = several && asked.length > 0 ? ` (${asked.join(', ')})` : ''
  const opening = subject ? `${subject.opening}${which}:` : `\`${name}\`${which} answered:`
  if (value === undefined || typeof value === 'string') {
    return `${opening}\n\n${quoted(value ?? output)}`
  }
  if (name !== 'get_system_metrics') return `${opening}\n\n${body(value)}`
  return `${metricsHeadline(value) || opening}\n\n${body(withoutKind(value))}`
}

/** The value in an output; tools of MCP servers wrap it in a list of content parts. */
function valueOf(output: string): unknown {
  const value = parseJson(output)
  const wrapped = isObject(value) ? (value.structuredContent ?? value.content) : value
  if (isObject(wrapped)) return wrapped
  const texts = Array.isArray(wrapped) && wrapped.length > 0 ? wrapped.map(textOfPiece) : []
  if (texts.length === 0 || texts.some((text) => text === null)) return value
  const text = texts.join('\n')
  return parseJson(text) ?? text
}

function textOfPiece(piece: unknown): string | null {
  return isObject(piece) && piece.type === 'text' && typeof piece.text === 'string'
    ? piece.text
    : null
}

/** A sentence with the figures that people usually ask for. */
function metricsHeadline(value: unknown): string {
  const figures = new Map(flatten(value))
  const parts = [
    clause(
      figures,
      /^(cpu_)?usage_?percent$/i,
      (figure) => `the processors are ${round(figure)} % busy`,
    ),
    clause(figures, /^(memory_)?used_?percent$/i, (figure) => `memory is ${round(figure)} % full`),
    clause(
      figures,
      /^(process|uptime)_?seconds$/i,
      (figure) => `the server has been up for ${duration(figure)}`,
    ),
  ].filter((part) => part !== '')
  if (parts.length === 0) return ''
  const last = parts.pop() ?? ''
  const sentence = `right now ${parts.length > 0 ? `${parts.join(', ')} and ` : ''}${last}.`
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

function clause(
  figures: Map<string, unknown>,
  key: RegExp,
  say: (figure: number) => string,
): string {
  const figure = [...figures].find(([name]) => key.test(name))?.[1]
  return typeof figure === 'number' ? say(figure) : ''
}

function flatten(value: unknown): [string, unknown][] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, one]): [string, unknown][] => [
    [key, one],
    ...flatten(one),
  ])
}

/** Removes the field for the kind of reading, which the headings repeat. */
function withoutKind(value: unknown): unknown {
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'metric_type')
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutKind(one)]))
}

const SUBJECTS = [
  { tool: 'get_system_metrics', opening: 'This is how the system is doing right now' },
  { tool: 'fetch_user_profile', opening: 'Here is the profile' },
  { tool: 'current_time', opening: 'This is the time' },
  { tool: 'search_sessions', opening: 'This is what your sessions have' },
]

const OUTCOME_UNKNOWN =
  /\b(outcome|result|whether)\b[^.]{0,60}\b(unknown|not known)\b|\bnot known whether\b|\bmay or may not\b|\bcall is unknown\b/i

/** The sentence about a call that did not simply succeed; null for any other. */
function troubleIn(name: string, output: string): string | null {
  const value = parseJson(output)
  const said = isObject(value) && typeof value.error === 'string' ? value.error : output
  const failed =
    /^\s*error\b/i.test(output) || (isObject(value) && 'error' in value && value.error !== null)
  // A good result in JSON may contain words such as "unknown" or "denied".
  if (!failed && value !== undefined) return null
  if (OUTCOME_UNKNOWN.test(said)) {
    return `I cannot tell whether \`${name}\` took effect: its outcome is unknown. ${sentence(said)} Please check before it is done again.`
  }
  if (!failed && !/^\s*(\W*)?(denied|declined|rejected)\b/i.test(said)) return null
  const reason = said.replace(/^\s*error:?\s*/i, '')
  if (/\b(denied|declined|rejected|not approved|did not approve)\b/i.test(said)) {
    return `\`${name}\` was not run, because it was not approved. ${sentence(reason)} I left everything as it was.`
  }
  return `\`${name}\` failed, so I have no result to show. It said: ${sentence(reason)}`
}

function sentence(text: string): string {
  const short = text.replace(/\s+/g, ' ').trim().slice(0, 400)
  return /[.!?…]$/.test(short) || short === '' ? short : `${short}.`
}

function body(value: unknown): string {
  if (Array.isArray(value)) return list(value)
  if (!isObject(value)) return `**${String(value)}**`
  const entries = Object.entries(value)
  if (entries.length === 0) return 'Nothing came back: the result is empty.'
  const plain = entries.filter(([, one]) => !isObject(one) && !isTable(one))
  const nested = entries.filter(([, one]) => isObject(one) || isTable(one))
  const table = plain.length > 0 ? [rows(plain)] : []
  const sections = nested.map(
    ([key, one]) =>
      `**${label(key)}**\n\n${isObject(one) ? body(one) : list(Array.isArray(one) ? one : [])}`,
  )
  return [...table, ...sections].join('\n\n')
}

function rows(entries: [string, unknown][]): string {
  return [
    '| What | Value |',
    '| :--- | :--- |',
    ...entries.map(([key, value]) => `| ${label(key)} | ${cell(format(key, value))} |`),
  ].join('\n')
}

function isTable(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject)
}

function list(values: unknown[]): string {
  if (values.length === 0) return 'Nothing came back: the list is empty.'
  if (!isTable(values)) {
    return values
      .slice(0, MAX_ROWS)
      .map((value) => `- ${cell(format('', value))}`)
      .join('\n')
  }
  const keys = [...new Set(values.flatMap((value) => Object.keys(value)))].slice(0, 6)
  const lines = values
    .slice(0, MAX_ROWS)
    .map((value) => `| ${keys.map((key) => cell(format(key, value[key]))).join(' | ')} |`)
  const more = values.length > MAX_ROWS ? `\n\n… and ${values.length - MAX_ROWS} more.` : ''
  return (
    [`| ${keys.map(label).join(' | ')} |`, `|${' --- |'.repeat(keys.length)}`, ...lines].join(
      '\n',
    ) + more
  )
}

const MAX_ROWS = 20

function quoted(output: string): string {
  const short = output.length > 2000 ? `${output.slice(0, 2000)}…` : output
  return short.trim() === ''
    ? 'Nothing: the result is empty.'
    : short
        .split('\n')
        .map((line) => `> ${line}`)
        .join('\n')
}
