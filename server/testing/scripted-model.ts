import type { RunError, RunErrorCode } from '../../shared/contract/errors.ts'
import { systemClock } from '../model/clock.ts'
import { ProgressWatch } from '../model/stream/progress-watch.ts'
import { chatRequest } from '../model/chat/chat-request.ts'
import type { ModelDelta, ModelPort, ModelStep } from '../model/port.ts'
import { prepareStep } from '../model/request/prepared-step.ts'
import { responsesRequest } from '../model/responses/responses-request.ts'
import { requestProblems } from '../model/testing/strict-requests.ts'
import { perform } from './scripted-answer.ts'
import type { ScriptedAnswer } from './scripted-answer.ts'

/** One call of the model, answered by the test. */
export type ScriptedCall = {
  step: ModelStep
  /** Aborts when the run is stopped or abandoned. */
  signal: AbortSignal
  push(...deltas: ModelDelta[]): void
  /** Sends one text delta for each. */
  say(...texts: string[]): void
  /** Sends one or several tool calls and finishes the step. */
  callTools(...calls: { name: string; arguments: unknown }[]): void
  /** Ends the answer with a provider error. */
  fail(error: RunErrorCode | RunError): void
  finish(): void
}

export type ScriptedModel = ModelPort & {
  /** Plans the answers of the next steps. A step without a planned answer waits for `nextCall`. */
  plan(...answers: ScriptedAnswer[]): void
  /** Resolves with the next step of an answer that no test has taken yet. */
  nextCall(): Promise<ScriptedCall>
  /** Resolves with the next request for a title or a summary. */
  nextWriting(): Promise<ScriptedCall>
  /** The number of requested steps of answers. */
  readonly asked: number
  /** The requests, in order. */
  readonly steps: readonly ModelStep[]
  /** The number of requested titles and summaries. */
  readonly askedToWrite: number
}

/** The timeouts of a silent model: before its first output, and between two. */
export type Patience = { firstTokenTimeoutMs: number; idleTimeoutMs: number }

const PATIENT: Patience = {
  firstTokenTimeoutMs: Number.POSITIVE_INFINITY,
  idleTimeoutMs: Number.POSITIVE_INFINITY,
}

/** A model that outputs only what the test tells it to, and fails as a real one does when it is silent for too long. */
export function createScriptedModel(patience: Patience = PATIENT): ScriptedModel {
  const answers = createQueue()
  const writings = createQueue()
  const planned: ScriptedAnswer[] = []
  const steps: ModelStep[] = []
  return {
    kind: 'compatible',
    get asked() {
      return steps.length
    },
    get askedToWrite() {
      return writings.count
    },
    steps,
    plan: (...more) => {
      planned.push(...more)
    },
    list: async () => [{ id: 'scripted' }],
    nextCall: () => answers.next(),
    nextWriting: () => writings.next(),
    async *stream(step, signal) {
      const watch = new ProgressWatch(systemClock)
      const deltas: ModelDelta[] = []
      let wake = () => {}
      const push = (...more: ModelDelta[]) => {
        deltas.push(...more)
        wake()
      }
      refuseOddRequests(step)
      const call = scriptedCall(step, signal, push)
      if (isWriting(step)) {
        writings.put(call)
      } else {
        steps.push(step)
        const answer = planned.shift()
        if (answer === undefined) {
          answers.put(call)
        } else {
          perform(call, answer)
        }
      }
      yield { type: 'start', model: step.model }
      watch.expect(patience.firstTokenTimeoutMs)
      let code: RunErrorCode = 'provider_timeout'
      while (!signal.aborted) {
        const delta = deltas.shift()
        if (!delta) {
          const more = new Promise<void>((resolve) => {
            wake = resolve
          })
          if ((await watch.race(more, signal)).type === 'late') {
            yield { type: 'error', error: scriptedError(code) }
            return
          }
          continue
        }
        code = 'provider_stalled'
        watch.expect(patience.idleTimeoutMs)
        yield delta
        if (delta.type === 'finish' || delta.type === 'error') {
          return
        }
      }
    },
  }
}

/** Checks that each request is one that every provider would accept. */
function refuseOddRequests(step: ModelStep): void {
  const endpoint = {
    baseUrl: 'http://127.0.0.1/v1',
    host: '127.0.0.1',
    kind: 'compatible',
  } as const
  const request = prepareStep(step, endpoint, new Set())
  const [problem] = [chatRequest(request), responsesRequest(request)].flatMap(requestProblems)
  if (problem) {
    throw new Error(`a strict provider refuses what was sent: ${problem}`)
  }
}

/** Requests for answers have tools; those for titles and summaries do not. */
function isWriting(step: ModelStep): boolean {
  return step.tools.length === 0
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
    fail: (error) =>
      push({ type: 'error', error: typeof error === 'string' ? scriptedError(error) : error }),
    finish: () =>
      push(
        { type: 'usage', usage: { inputTokens: 10, outputTokens: 5 } },
        { type: 'finish', finish: 'stop' },
      ),
  }
}

function scriptedError(code: RunErrorCode): RunError {
  return { code, message: `The scripted model ended with ${code}.`, retryable: true }
}
