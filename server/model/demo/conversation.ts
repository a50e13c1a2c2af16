/** A request to the demo model, in the same form for both APIs. */
export type Conversation = {
  model: string
  instructions: string
  turns: Turn[]
  tools: OfferedTool[]
  /** The most tokens of the answer. */
  maxTokens: number
  /** The answer has to be JSON, of this schema if there is one; absent for an answer in text. */
  output?: { schema: Record<string, unknown> | null }
}

export type Turn =
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; calls: { id: string; name: string; arguments: string }[] }
  | { role: 'tool'; callId: string; output: string }

export type OfferedTool = { name: string; description: string; schema: Record<string, unknown> }

/** The demo model's answer: text, calls, or both. */
export type Reply = { text: string; calls: DemoCall[] }
export type DemoCall = { name: string; arguments: Record<string, unknown> }

/** A call of the current turn with its output. */
export type CallResult = { name: string; arguments: string; output: string }

/** The text of the newest user message. */
export function question({ turns }: Conversation): string {
  return turns.findLast((turn) => turn.role === 'user')?.text ?? ''
}

/** The texts of the earlier user messages, oldest first. */
export function earlierQuestions({ turns }: Conversation): string[] {
  return turns.flatMap((turn) => (turn.role === 'user' ? [turn.text] : [])).slice(0, -1)
}

/** The results of calls since the newest user message. */
export function currentResults({ turns }: Conversation): CallResult[] {
  const current = turns.slice(turns.findLastIndex((turn) => turn.role === 'user') + 1)
  const calls = current.flatMap((turn) => (turn.role === 'assistant' ? turn.calls : []))
  return current.flatMap((turn) => {
    if (turn.role !== 'tool') return []
    const call = calls.find(({ id }) => id === turn.callId)
    return [
      { name: call?.name ?? 'the tool', arguments: call?.arguments ?? '{}', output: turn.output },
    ]
  })
}

/** True when the conversation has no answer yet. */
export function isFirstAnswer({ turns }: Conversation): boolean {
  return !turns.some((turn) => turn.role === 'assistant' && turn.text !== '')
}
