import { arrayOf, objectOf } from '../json.ts'
import type { DemoCall, OfferedTool } from './conversation.ts'
import { meantCalls } from './meant-calls.ts'
import { asksForMetrics, metricValues } from './metric-words.ts'
import { argumentsFrom } from './tool-arguments.ts'

/**
 * The calls that the text asks for, in its order: of the tools that it names, and of those that it means without a
 * name.
 */
export function wantedCalls(tools: OfferedTool[], text: string): DemoCall[] {
  const named = mentions(tools, text)
  const wanted = named.map(({ tool, at }, index) => {
    const end = named[index + 1]?.at ?? text.length
    return { at, call: { name: tool.name, arguments: argumentsFrom(tool, text.slice(at, end)) } }
  })
  // Text in quotes or in arguments belongs to the tool that was named before.
  const spoken = named.length > 0 ? blank(text, /\{[^]*\}|"[^"]*"|`[^`]*`/g) : text
  const unnamed = (name: string): OfferedTool | undefined =>
    named.some(({ tool }) => tool.name === name)
      ? undefined
      : tools.find((tool) => tool.name === name)
  const metrics = unnamed('get_system_metrics')
  if (metrics && asksForMetrics(spoken)) {
    const at = spoken.search(
      /system|server|machine|computer|cpu|processor|load|memory|ram|uptime|running|metrics/i,
    )
    for (const input of metricArguments(metrics, spoken)) {
      wanted.push({ at, call: { name: metrics.name, arguments: input } })
    }
  }
  const profile = unnamed('fetch_user_profile')
  if (profile && asksForProfile(spoken)) {
    const at = spoken.search(/profile|user|account|who/i)
    wanted.push({ at, call: { name: profile.name, arguments: profileArguments(profile, spoken) } })
  }
  for (const { name, at, input } of meantCalls(spoken)) {
    if (unnamed(name)) wanted.push({ at, call: { name, arguments: input } })
  }
  return wanted.toSorted((one, other) => one.at - other.at).map(({ call }) => call)
}

/** True when the text names an offered tool, unless it only asks about it. */
export function namesTool(tools: OfferedTool[], text: string): boolean {
  return mentions(tools, text).length > 0
}

function mentions(tools: OfferedTool[], text: string): { tool: OfferedTool; at: number }[] {
  if (/^\s*(what|why|which|is|does|explain)\b[^{]*$/i.test(text)) return []
  return tools
    .flatMap((tool) => {
      const name = new RegExp(`(?<![\\w-])${tool.name.replace(/[^\w-]/g, '\\$&')}(?![\\w-])`, 'gi')
      // A tool's name inside the arguments of another call does not ask for that tool.
      const outside = blank(text, /\{[^{}]*\}/g)
      return [...outside.matchAll(name)].map(({ index }) => ({ tool, at: index }))
    })
    .toSorted((one, other) => one.at - other.at)
}

/** Replaces the matches by blanks, so that all other offsets stay. */
function blank(text: string, matches: RegExp): string {
  return text.replace(matches, (match) => ' '.repeat(match.length))
}

function metricArguments(tool: OfferedTool, text: string): Record<string, unknown>[] {
  const properties = objectOf(tool.schema.properties)
  const name = Object.keys(properties).find((key) => /metric/i.test(key))
  if (!name) return [argumentsFrom(tool, text)]
  const property = objectOf(properties[name])
  const ofItems = objectOf(property.items)
  const allowed = arrayOf(property.enum ?? ofItems.enum).filter(
    (value) => typeof value === 'string',
  )
  const values = metricValues(
    text,
    allowed.length > 0 ? allowed : ['cpu', 'memory', 'uptime', 'all'],
  )
  return property.type === 'array'
    ? [{ [name]: values }]
    : values.map((value) => ({ [name]: value }))
}

function profileArguments(tool: OfferedTool, text: string): Record<string, unknown> {
  const required = arrayOf(tool.schema.required)
  const id =
    /\b(?:user|profile|id)\s*(?:id)?\s*(?:of|for|is|=|:|#)?\s*["'`]?([\w-]*\d[\w-]*|[0-9a-f-]{36})/i.exec(
      text,
    )?.[1]
  const name = Object.keys(objectOf(tool.schema.properties)).find((key) => /user|id/i.test(key))
  if (name && id) return { [name]: id }
  if (name && required.includes(name)) return { [name]: 'me' }
  return {}
}

export function asksForProfile(text: string): boolean {
  return /\bprofiles?\b|\b(my|the|current|this) (user|account)\b|\busers?\b[^.?!]{0,30}\b(info|information|details|data|settings)\b|\buser \w*\d|\bwho am i\b/i.test(
    text,
  )
}
