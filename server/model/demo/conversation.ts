/** A request to the demo model, whichever of the two APIs it came by. */
export type Conversation = {
  model: string
  instructions: string
  turns: Turn[]
  tools: OfferedTool[]
  /** The most tokens of the answer. */
  maxTokens: number
  /** The answer is to be JSON, of this schema if there is one; absent for one in words. */
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

/** A call of the current turn together with what came of it. */
export type CallResult = { name: string; arguments: string; output: string }

/** The last thing the person said. */
export function question({ turns }: Conversation): string {
  return turns.findLast((turn) => turn.role === 'user')?.text ?? ''
}

/** Everything the person said before that, oldest first. */
export function earlierQuestions({ turns }: Conversation): string[] {
  return turns.flatMap((turn) => (turn.role === 'user' ? [turn.text] : [])).slice(0, -1)
}

/** The results that came since the person last spoke. */
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

/** True when the assistant has not said anything yet. */
export function isFirstAnswer({ turns }: Conversation): boolean {
  return !turns.some((turn) => turn.role === 'assistant' && turn.text !== '')
}
