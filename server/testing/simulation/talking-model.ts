import type { ModelDelta, ModelPort, ModelStep } from '../../model/port.ts'
import type { Ledger } from './ledger.ts'

/** One model call of a node; the simulation decides its output. */
export type Asking = {
  readonly id: number
  readonly nodeId: string
  readonly step: ModelStep
  readonly signal: AbortSignal
  /** The pieces of text in order. Each contains the id of the call and its index, so that it can be identified. */
  readonly said: string[]
  readonly ended: boolean
  say(kind: 'text' | 'reasoning'): void
  callTools(calls: readonly { name: string; n: number }[]): void
  finish(how: 'stop' | 'length' | 'error'): void
}

/** The model of one node. */
export function talkingModel(
  nodeId: string,
  nextNumber: () => number,
  onAsked: (asking: Asking) => void,
): ModelPort {
  return {
    kind: 'compatible',
    list: async () => [],
    async *stream(step, signal) {
      const deltas: ModelDelta[] = []
      let wake = () => {}
      signal.addEventListener('abort', () => wake(), { once: true })
      onAsked(
        createAsking(nextNumber(), nodeId, step, signal, (more) => {
          deltas.push(...more)
          wake()
        }),
      )
      yield { type: 'start', model: step.model }
      while (!signal.aborted) {
        const delta = deltas.shift()
        if (!delta) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        yield delta
        if (delta.type === 'finish' || delta.type === 'error') {
          return
        }
      }
    },
  }
}

function createAsking(
  id: number,
  nodeId: string,
  step: ModelStep,
  signal: AbortSignal,
  push: (deltas: ModelDelta[]) => void,
): Asking {
  const said: string[] = []
  let ended = false
  return {
    id,
    nodeId,
    step,
    signal,
    said,
    get ended() {
      return ended || signal.aborted
    },
    say(kind) {
      const text = `[${id}:${said.length}😀]`
      said.push(text)
      push([{ type: kind, text }])
    },
    callTools(calls) {
      ended = true
      const usage = { inputTokens: 10, outputTokens: 5 }
      push([
        ...calls.map(({ name, n }, index): ModelDelta => ({
          type: 'tool',
          call: index,
          id: `provider-${n}`,
          name,
          arguments: JSON.stringify({ n }),
        })),
        { type: 'usage', usage },
        { type: 'finish', finish: 'tool-calls' },
      ])
    },
    finish(how) {
      ended = true
      push([
        how === 'error'
          ? {
              type: 'error',
              error: { code: 'provider_cut', message: 'The provider hung up.', retryable: true },
            }
          : { type: 'finish', finish: how },
      ])
    },
  }
}

/**
 * The question that a model call is about, and the number of finished steps after it. Messages that joined the answer,
 * and the instruction to go on, have the form of a question too, but are not about a run.
 */
export function askedAbout(
  { messages }: ModelStep,
  ledger: Pick<Ledger, 'runsAbout'>,
): { question: string; steps: number } {
  const index = messages.findLastIndex(
    (message) => message.role === 'user' && ledger.runsAbout(message.text).length > 0,
  )
  const question = messages[index]
  return {
    question: question?.role === 'user' ? question.text : '',
    steps: messages.slice(index + 1).filter(({ role }) => role === 'assistant').length,
  }
}
