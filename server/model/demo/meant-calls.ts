import type { DemoCall } from './conversation.ts'

/** A call of a tool that the text does not name. */
type Meant = { name: string; at: number; input: DemoCall['arguments'] }

/** The calls for the time and for earlier conversations that the text asks for without naming a tool. */
export function meantCalls(text: string): Meant[] {
  return [time(text), search(text)].filter((meant) => meant !== null)
}

const ASKS_TIME =
  /\b(what|which)('s| is)?\s+(the\s+)?(current\s+)?(time|date|day|weekday)\s*(is it|is today|today|now|in [a-z/_ ]+)?\s*(right now|now)?\s*[?.!]*\s*$|\bwhat time is it\b|\b(current|today's)\s+(time|date)\b/i

function time(text: string): Meant | null {
  const asked = ASKS_TIME.exec(text)
  if (!asked) return null
  const zone = /\bin\s+([a-z]+(?:\/[a-z_]+)+|[a-z]+(?:[ _][a-z]+)*)/i.exec(text)?.[1]
  const timeZone = zone === undefined ? null : knownZone(zone)
  return {
    name: 'current_time',
    at: asked.index,
    input: timeZone === null ? {} : { time_zone: timeZone },
  }
}

/** Finds the time zone of a city: "Berlin" is in "Europe/Berlin". */
function knownZone(said: string): string | null {
  const wanted = said.trim().replaceAll(' ', '_').toLowerCase()
  return (
    Intl.supportedValuesOf('timeZone').find((zone) => {
      const known = zone.toLowerCase()
      return known === wanted || known.endsWith(`/${wanted}`)
    }) ?? null
  )
}

function search(text: string): Meant | null {
  const asked =
    /\b(?:search|look in|look through)\s+(?:(?:all|my|our|the|earlier|old|other)\s+)*(?:sessions|conversations|chats)\s+for\s+([^\n?]+)/i.exec(
      text,
    )
  const query = asked?.[1]?.trim().replace(/^["'“]|["'”.!]+$/g, '')
  return asked && query
    ? { name: 'search_sessions', at: asked.index, input: { query: query.slice(0, 200) } }
    : null
}
