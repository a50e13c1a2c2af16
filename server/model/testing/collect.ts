import type { ModelDelta, ModelPort, ModelStep } from '../port.ts'

/** An ordinary step; if its messages have calls, it offers a tool. */
export function stepOf(text: string, more: Partial<ModelStep> = {}): ModelStep {
  const calls = more.messages?.some(
    (message) => message.role === 'assistant' && message.calls.length > 0,
  )
  return {
    model: 'test-model',
    temperature: 0.5,
    maxTokens: 500,
    systemPrompt: 'Be brief.',
    messages: [{ role: 'user', text }],
    tools: calls ? [ADD] : [],
    ...more,
  }
}

const ADD = { name: 'add', description: 'Adds.', inputSchema: { type: 'object', properties: {} } }

export type CollectedCall = { id: string; name: string; arguments: string }

export type CollectedStep = {
  deltas: ModelDelta[]
  text: string
  reasoning: string
  refusal: string
  calls: CollectedCall[]
  /** The last delta: a `finish` or an `error`. */
  ending: ModelDelta | undefined
}

/** Asks for a step and collects its deltas. */
export async function collect(
  port: ModelPort,
  step: ModelStep,
  signal: AbortSignal = new AbortController().signal,
): Promise<CollectedStep> {
  const deltas: ModelDelta[] = []
  for await (const delta of port.stream(step, signal)) deltas.push(delta)
  return gather(deltas)
}

export function gather(deltas: ModelDelta[]): CollectedStep {
  const texts = { text: '', reasoning: '', refusal: '' }
  const calls: CollectedCall[] = []
  for (const delta of deltas) {
    if ('text' in delta) texts[delta.type] += delta.text
    if (delta.type !== 'tool') continue
    if ('name' in delta) calls[delta.call] = { id: delta.id, name: delta.name, arguments: '' }
    const call = calls[delta.call]
    if (!call) throw new Error(`call ${delta.call} has arguments before it was opened`)
    call.arguments += delta.arguments
  }
  return { deltas, ...texts, calls, ending: deltas.at(-1) }
}
