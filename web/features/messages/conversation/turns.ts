/** A user message with its answers: the unit of a conversation's layout. */
export type Turn = {
  /** The id of its first message. */
  key: string
  messageIds: string[]
}

type Item = { id: string; role: 'user' | 'assistant' }

/** Splits a conversation before each user message. */
export function turnsOf(messages: readonly Item[], pendingIds: readonly string[]): Turn[] {
  const turns: Turn[] = []
  const shown = new Set<string>()
  for (const { id, role } of messages) {
    const last = turns.at(-1)
    if (role === 'user' || !last) turns.push({ key: id, messageIds: [id] })
    else last.messageIds.push(id)
    shown.add(id)
  }
  // A message may be in the log before its send is answered.
  for (const id of pendingIds) if (!shown.has(id)) turns.push({ key: id, messageIds: [id] })
  return turns
}

export function sameTurns(a: readonly Turn[], b: readonly Turn[]): boolean {
  return (
    a.length === b.length &&
    a.every((turn, index) => turn.messageIds.join() === b[index]?.messageIds.join())
  )
}
