/** Words that people use, and the values of `metric_type` with the same meaning. */
const METRICS: { asked: RegExp; values: RegExp }[] = [
  { asked: /\bcpus?\b|\bprocessors?\b|\bcores?\b|\bload\b/i, values: /cpu|processor|load/i },
  { asked: /\bmemory\b|\bram\b|\bheap\b/i, values: /mem|ram/i },
  { asked: /\buptime\b|\brunning for\b|\bhow long .* (up|running)\b/i, values: /uptime|time/i },
  { asked: /\bprocess\b|\bpid\b|\bnode version\b/i, values: /^process$/i },
  { asked: /\bdisks?\b|\bstorage\b/i, values: /disk|storage/i },
  { asked: /\bnetwork\b|\btraffic\b/i, values: /net/i },
]

/** True when the text asks about the machine that the server runs on. */
export function asksForMetrics(text: string): boolean {
  return MACHINE_WORDS.some((words) => words.test(text)) && !OTHER_SYSTEMS.test(text)
}

const MACHINE_WORDS = [
  /\bcpus?\b|\bprocessors?\b|\b(system|server|average|current) load\b|\bload average\b/i,
  /\bmemory\b|\bram\b/i,
  /\buptime\b|\bhow long\b[^.?!]*\b(up|running)\b/i,
  /\bsystem('s)?\b(?! prompts?\b)|\bmetrics\b/i,
  /\bserver('s)? (health|status|metrics|performance|up|down|ok)\b/i,
  /\bhow (is|are) (the|your|this|my) (server|machine|computer)\b/i,
]

const OTHER_SYSTEMS =
  /\b(solar|nervous|immune|operating|legal|political|school|number|metric|eco|digestive|banking) ?systems?\b/i

/**
 * The values of a tool's `metric_type` that the text asks for, in the order of the text. It is the value for everything
 * when the text asks for nothing special, or for too much to tell apart.
 */
export function metricValues(text: string, allowed: string[]): string[] {
  const named = METRICS.flatMap(({ asked, values }) => {
    const at = text.search(asked)
    const value = allowed.find((candidate) => values.test(candidate))
    return at >= 0 && value !== undefined ? [{ at, value }] : []
  })
  const wanted = named.toSorted((one, other) => one.at - other.at).map(({ value }) => value)
  const everything = allowed.find((value) =>
    /^(all|everything|overview|summary|full|system)$/i.test(value),
  )
  if (wanted.length === 0) return [everything ?? allowed[0] ?? 'all']
  return [...new Set(wanted)]
}
