/** Events whose JSON is the same for every reader; that of a call depends on the tools. */
const SHARED: ReadonlySet<string> = new Set(['chunk', 'end', 'session'])

/** Longer JSON is not kept with its event. UTF-16 units. */
const LONGEST = 4_096

const known = new WeakMap<object, string>()

/** The JSON of an event, made once for its row in the log and for all readers that get it unchanged. */
export function jsonOf(event: { type: string }): string {
  const found = known.get(event)
  if (found !== undefined) {
    return found
  }
  const json = JSON.stringify(event)
  if (SHARED.has(event.type) && json.length <= LONGEST) {
    known.set(event, json)
  }
  return json
}
