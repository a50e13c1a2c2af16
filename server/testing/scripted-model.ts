import type { ModelDelta, ModelPort, ModelStep } from '../model/port.ts'

/** One call of the model, answered by the test. */
export type ScriptedCall = {
  step: ModelStep
  /** Aborts when the run is stopped or lost. */
  signal: AbortSignal
  push(...deltas: ModelDelta[]): void
  /** One text delta for each. */
  say(...texts: string[]): void
  /** Asks for one tool call, or several at once, and finishes the step. */
  callTools(...calls: { name: string; arguments: unknown }[]): void
  finish(): void
}

export type ScriptedModel = ModelPort & {
  /** The next step of an answer that no test has taken yet, once it comes. */
  nextCall(): Promise<ScriptedCall>
  /** The next title or summary that is asked for in the background. */
  nextWriting(): Promise<ScriptedCall>
  /** How often the model was asked for a step of an answer. */
  readonly asked: number
  /** How often it was asked for a title or a summary. */
  readonly askedToWrite: number
}

/** A model that says nothing until the test makes it. */
export function createScriptedModel(): ScriptedModel {
  const steps = createQueue()
  const writings = createQueue()
  return {
    kind: 'compatible',
    get asked() {
      return steps.count
    },
    get askedToWrite() {
      return writings.count
    },
    list: async () => [{ id: 'scripted' }],
    nextCall: () => steps.next(),
    nextWriting: () => writings.next(),
    async *stream(step, signal) {
      const deltas: ModelDelta[] = []
      let wake = () => {}
      const push = (...more: ModelDelta[]) => {
        deltas.push(...more)
        wake()
      }
      signal.addEventListener('abort', () => wake(), { once: true })
      // An answer is offered tools, what is written in the background is not.
      const queue = step.tools.length > 0 ? steps : writings
      queue.put(scriptedCall(step, signal, push))
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

function createQueue() {
  const calls: ScriptedCall[] = []
  const waiting: ((call: ScriptedCall) => void)[] = []
  return {
    count: 0,
    put(call: ScriptedCall): void {
      this.count += 1
      const taker = waiting.shift()
      if (taker) {
        taker(call)
      } else {
        calls.push(call)
      }
    },
    next(): Promise<ScriptedCall> {
      const call = calls.shift()
      return call ? Promise.resolve(call) : new Promise((resolve) => waiting.push(resolve))
    },
  }
}

function scriptedCall(
  step: ModelStep,
  signal: AbortSignal,
  push: ScriptedCall['push'],
): ScriptedCall {
  return {
    step,
    signal,
    push,
    say: (...texts) => push(...texts.map((text) => ({ type: 'text' as const, text }))),
    callTools: (...calls) =>
      push(
        ...calls.map((call, index) => ({
          type: 'tool' as const,
          call: index,
          id: `provider-${index}`,
          name: call.name,
          arguments:
            typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
        })),
        { type: 'usage', usage: { inputTokens: 10, outputTokens: 5 } },
        { type: 'finish', finish: 'tool-calls' },
      ),
    finish: () =>
      push(
        { type: 'usage', usage: { inputTokens: 10, outputTokens: 5 } },
        { type: 'finish', finish: 'stop' },
      ),
  }
}
