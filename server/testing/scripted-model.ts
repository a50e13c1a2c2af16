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
  /** The next call that no test has taken yet, once it comes. */
  nextCall(): Promise<ScriptedCall>
  /** How often the model was asked. */
  readonly asked: number
}

/** A model that says nothing until the test makes it. */
export function createScriptedModel(): ScriptedModel {
  const calls: ScriptedCall[] = []
  const waiting: ((call: ScriptedCall) => void)[] = []
  let asked = 0
  return {
    kind: 'compatible',
    get asked() {
      return asked
    },
    list: async () => [{ id: 'scripted' }],
    nextCall: () => {
      const call = calls.shift()
      return call ? Promise.resolve(call) : new Promise((resolve) => waiting.push(resolve))
    },
    async *stream(step, signal) {
      asked += 1
      const deltas: ModelDelta[] = []
      let wake = () => {}
      const push = (...more: ModelDelta[]) => {
        deltas.push(...more)
        wake()
      }
      signal.addEventListener('abort', () => wake(), { once: true })
      const call = scriptedCall(step, signal, push)
      const taker = waiting.shift()
      if (taker) {
        taker(call)
      } else {
        calls.push(call)
      }
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
