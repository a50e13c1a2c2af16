import { isObject, parseJson } from '../json.ts'
import type { CallResult } from './conversation.ts'

/** Says what came of the calls: the figures of those that worked, and plainly what did not work. */
export function reportResults(results: CallResult[]): string {
  const reports = results.map((result) => reportOne(result, results.length > 1))
  return reports.join('\n\n')
}

function reportOne({ name, arguments: input, output }: CallResult, several: boolean): string {
  const trouble = troubleIn(name, output)
  if (trouble) return trouble
  const value = parseJson(output)
  const subject = SUBJECTS.find(({ tool }) => tool === name)
  const asked = Object.values(Object(parseJson(input) ?? {})).filter((one) => typeof one === 'string')
  const which = several && asked.length > 0 ? ` (${asked.join(', ')})` : ''
  const opening = subject ? `${subject.opening}${which}:` : `\`${name}\`${which} answered:`
  if (value === undefined) return `${opening}\n\n${quoted(output)}`
  if (name !== 'get_system_metrics') return `${opening}\n\n${body(value)}`
  return `${metricsHeadline(value) || opening}\n\n${body(withoutKind(value))}`
}

/** The figures that people ask for, in a sentence. */
function metricsHeadline(value: unknown): string {
  const figures = new Map(flatten(value))
  const parts = [
    clause(figures, /^(cpu_)?usage_?percent$/i, (figure) => `the processors are ${round(figure)} % busy`),
    clause(figures, /^(memory_)?used_?percent$/i, (figure) => `memory is ${round(figure)} % full`),
    clause(figures, /^(process|uptime)_?seconds$/i, (figure) => `the server has been up for ${duration(figure)}`),
  ].filter((part) => part !== '')
  if (parts.length === 0) return ''
  const last = parts.pop() ?? ''
  const sentence = `right now ${parts.length > 0 ? `${parts.join(', ')} and ` : ''}${last}.`
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

function clause(figures: Map<string, unknown>, key: RegExp, say: (figure: number) => string): string {
  const figure = [...figures].find(([name]) => key.test(name))?.[1]
  return typeof figure === 'number' ? say(figure) : ''
}

function flatten(value: unknown): [string, unknown][] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, one]): [string, unknown][] => [[key, one], ...flatten(one)])
}

/** Without the field that tells the kinds of readings apart: the headings say it already. */
function withoutKind(value: unknown): unknown {
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'metric_type')
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutKind(one)]))
}

const SUBJECTS = [
  { tool: 'get_system_metrics', opening: 'This is how the system is doing right now' },
  { tool: 'fetch_user_profile', opening: 'Here is the profile' },
]

/** The words for a call that did not simply succeed, or null. */
function troubleIn(name: string, output: string): string | null {
  const value = parseJson(output)
  const said = isObject(value) && typeof value.error === 'string' ? value.error : output
  const failed = /^\s*error\b/i.test(output) || (isObject(value) && 'error' in value && value.error !== null)
  if (/\b(outcome|result)\b[^.]{0,40}\bunknown\b|\bmay or may not\b|\bnot known whether\b/i.test(said)) {
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
  const sections = nested.map(([key, one]) => `**${label(key)}**\n\n${isObject(one) ? body(one) : list(Array.isArray(one) ? one : [])}`)
  return [...table, ...sections].join('\n\n')
}

function rows(entries: [string, unknown][]): string {
  return ['| What | Value |', '| :--- | :--- |', ...entries.map(([key, value]) => `| ${label(key)} | ${cell(format(key, value))} |`)].join('\n')
}

function isTable(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject)
}

function list(values: unknown[]): string {
  if (values.length === 0) return 'Nothing came back: the list is empty.'
  if (!isTable(values)) return values.slice(0, MAX_ROWS).map((value) => `- ${cell(format('', value))}`).join('\n')
  const keys = [...new Set(values.flatMap((value) => Object.keys(value)))].slice(0, 6)
  const lines = values.slice(0, MAX_ROWS).map((value) => `| ${keys.map((key) => cell(format(key, value[key]))).join(' | ')} |`)
  const more = values.length > MAX_ROWS ? `\n\n… and ${values.length - MAX_ROWS} more.` : ''
  return [`| ${keys.map(label).join(' | ')} |`, `|${' --- |'.repeat(keys.length)}`, ...lines].join('\n') + more
}

const MAX_ROWS = 20

/** `memoryUsedBytes` reads "Memory used": the unit stands with the figure. */
function label(key: string): string {
  const words = key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .replace(/ (bytes|seconds|secs|ms|milliseconds|mb|gb|kb)$/i, '')
    .toLowerCase()
    .replace(/\b(cpu|ram|id|url|ip|rss|pid)\b/g, (word) => word.toUpperCase())
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function format(key: string, value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return when(value) ?? value
  if (typeof value !== 'number') return Array.isArray(value) ? value.map((one) => format('', one)).join(', ') : JSON.stringify(value)
  if (/bytes$/i.test(key)) return bytes(value)
  if (/percent(age)?$|pct$/i.test(key)) return `${round(value)} %`
  if (/_?(milliseconds|ms)$/i.test(key)) return `${round(value)} ms`
  if (/sec(ond)?s$/i.test(key)) return duration(value)
  if (/_?(mb|gb|kb)$/i.test(key)) return `${round(value)} ${key.slice(-2).toUpperCase()}`
  return round(value)
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10))
  return `${round(value / 1024 ** power)} ${units[power]}`
}

function duration(seconds: number): string {
  if (seconds < 60) return `${round(seconds)} s`
  const units: [string, number][] = [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]]
  let rest = Math.round(seconds)
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count > 0 ? [`${count} ${unit}`] : []
  })
  return parts.slice(0, 2).join(' ')
}

function round(value: number): string {
  return value.toLocaleString('en-US', {
    useGrouping: false, maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 })
}

function when(text: string): string | null {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(text) ?? []
  return date ? `${date} ${time} UTC` : null
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300)
}

function quoted(output: string): string {
  const short = output.length > 2000 ? `${output.slice(0, 2000)}…` : output
  return short.trim() === '' ? 'Nothing: the result is empty.' : short.split('\n').map((line) => `> ${line}`).join('\n')
}
