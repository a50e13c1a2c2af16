/** A user message with its answers: the unit of a conversation's layout. */
export type Turn = {
  /** The id of its first message. */
  key: string
  messageIds: string[]
  /** Its last answer; null when there is none yet. */
  answerId: string | null
  /** The messages that joined an answer of this turn: each is drawn in that answer, not by itself. */
  joined: readonly Joined[]
}

/** A message that was sent while an answer was written, and the part of that answer that it precedes. */
export type Joined = { id: string; answerId: string; part: number }

type Item = { id: string; role: 'user' | 'assistant'; joinedPart?: number | undefined }

/** Splits a conversation before each question: each user message that did not join the answer before it. */
export function turnsOf(messages: readonly Item[], pendingIds: readonly string[]): Turn[] {
  const turns: Turn[] = []
  const shown = new Set<string>()
  for (const { id, role, joinedPart } of messages) {
    const last = turns.at(-1)
    const answerId = role === 'assistant' ? id : null
    if (!last || (role === 'user' && joinedPart === undefined)) {
      turns.push({ key: id, messageIds: [id], answerId, joined: [] })
    } else {
      last.messageIds.push(id)
      if (joinedPart !== undefined && last.answerId !== null) {
        last.joined = [...last.joined, { id, answerId: last.answerId, part: joinedPart }]
      }
      last.answerId = answerId ?? last.answerId
    }
    shown.add(id)
  }
  // A message may be in the log before its send is answered.
  for (const id of pendingIds) {
    if (!shown.has(id)) turns.push({ key: id, messageIds: [id], answerId: null, joined: [] })
  }
  return turns
}

export function sameTurns(a: readonly Turn[], b: readonly Turn[]): boolean {
  return (
    a.length === b.length &&
    a.every((turn, index) => turn.messageIds.join() === b[index]?.messageIds.join())
  )
}
