import { setImmediate } from 'node:timers/promises'

/** UTF-16 units of text that are made before other work gets its turn. */
const AT_ONCE = 500_000

/** The JSON text of a file in pieces, session by session, because the thread that reads it takes only text. */
export async function textsOf(data: unknown): Promise<string[]> {
  if (typeof data === 'string') {
    return [data]
  }
  if (Array.isArray(data)) {
    return inTurns('[', data, ']')
  }
  if (typeof data !== 'object' || data === null) {
    return [JSON.stringify(data) ?? 'null']
  }
  const { sessions, ...head } = data as { sessions?: unknown }
  if (!Array.isArray(sessions)) {
    return [JSON.stringify(data)]
  }
  const before = JSON.stringify(head).slice(0, -1)
  return inTurns(`${before}${before === '{' ? '' : ','}"sessions":[`, sessions, ']}')
}

async function inTurns(
  before: string,
  items: readonly unknown[],
  after: string,
): Promise<string[]> {
  const texts = [before]
  let made = 0
  for (const [index, item] of items.entries()) {
    const text = `${index > 0 ? ',' : ''}${JSON.stringify(item) ?? 'null'}`
    texts.push(text)
    made += text.length
    if (made > AT_ONCE) {
      made = 0
      await setImmediate()
    }
  }
  texts.push(after)
  return texts
}
