/** A user message with its answers: the unit of a conversation's layout. */
export type Turn = {
  /** The id of its first message. */
  key: string
  messageIds: string[]
  /** Its last answer, behind which may be what joined it; null when there is none yet. */
  answerId: string | null
}

type Item = { id: string; role: 'user' | 'assistant'; joinedPart?: number | undefined }

/** Splits a conversation before each question: each user message that did not join the answer before it. */
export function turnsOf(messages: readonly Item[], pendingIds: readonly string[]): Turn[] {
  const turns: Turn[] = []
  const shown = new Set<string>()
  for (const { id, role, joinedPart } of messages) {
    const last = turns.at(-1)
    const answerId = role === 'assistant' ? id : null
    if (!last || (role === 'user' && joinedPart === undefined)) {
      turns.push({ key: id, messageIds: [id], answerId })
    } else {
      last.messageIds.push(id)
      last.answerId = answerId ?? last.answerId
    }
    shown.add(id)
  }
  // A message may be in the log before its send is answered.
  for (const id of pendingIds) {
    if (!shown.has(id)) turns.push({ key: id, messageIds: [id], answerId: null })
  }
  return turns
}

export function sameTurns(a: readonly Turn[], b: readonly Turn[]): boolean {
  return (
    a.length === b.length &&
    a.every((turn, index) => turn.messageIds.join() === b[index]?.messageIds.join())
  )
}
