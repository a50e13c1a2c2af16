/** Events that are the same for every reader; a call's representation depends on the tools there are. */
const SHARED: ReadonlySet<string> = new Set(['chunk', 'end', 'session'])

/** UTF-16 units: longer JSON is not kept beside its event. */
const LONGEST = 4_096

const known = new WeakMap<object, string>()

/** The JSON of an event, made once for its row in the log and for all who read it as it is. */
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
