import type OpenAI from 'openai'
import type { Adapter, Decoder, StepRequest } from '../adapter.ts'
import { readAnswer } from './answer-reading.ts'
import type { Read } from './answer-reading.ts'
import { sourceOf } from './byte-source.ts'
import type { Clock } from '../clock.ts'
import type { DeltaOutlet } from './delta-queue.ts'
import { failureOf } from '../failure/failure.ts'
import type { Failure } from '../failure/failure.ts'
import type { Generation, ModelDelta } from '../port.ts'
import type { Asked } from '../failure/refusals.ts'
import { ProgressWatch } from './progress-watch.ts'
import { DeltaAssembler } from './delta-assembler.ts'
import { UnreadableBody } from './transport.ts'

export type AttemptSettings = {
  client: OpenAI
  adapter: Adapter
  firstTokenSeconds: number
  idleSeconds: number
  clock: Clock
}

export type Attempt =
  | { type: 'done' }
  /** The answer differs from the one that readers have seen. */
  | { type: 'diverged' }
  | {
      type: 'failed'
      failure: Failure
      /** True when a part of the answer has been yielded. */
      answered: boolean
      /** The reported usage that has not been yielded yet. */
      usage: ModelDelta[]
      /** The parts of the request that a refusal may concern. */
      asked: Pick<Asked, 'tools' | 'maxTokens' | 'withFilesInResults' | 'format'>
    }

export type AttemptPlan = {
  /** Builds the request; if it throws, the attempt has failed. */
  prepare: () => StepRequest
  /** An answer that the provider keeps, which is read again instead of asking for another. */
  reopen: Generation | null
  /** Called once, before the first delta: the consumer may leave after the last. */
  onAnswered: () => void
  /** Called with the id of an answer that the provider writes in the background, before any of its text. */
  onResponseId: (id: string) => void
}

/** Makes one attempt. The answer goes to the outlet; the result says whether it is complete. */
export async function tryOnce(
  { client, adapter, clock, firstTokenSeconds, idleSeconds }: AttemptSettings,
  { prepare, reopen, onAnswered, onResponseId }: AttemptPlan,
  outlet: DeltaOutlet & { readonly diverged?: boolean },
  signal: AbortSignal,
): Promise<Attempt> {
  let request: StepRequest
  try {
    request = prepare()
  } catch (cause) {
    const asked = { tools: [], maxTokens: 0, format: null }
    const failure = { type: 'internal', cause } as const
    return { type: 'failed', failure, answered: false, usage: [], asked }
  }
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  signal.addEventListener('abort', stop, { once: true })
  const watch = new ProgressWatch(clock)
  const said = new DeltaAssembler(request, outlet, onAnswered)
  let decoder: Decoder | null = null
  let read: Read
  const failed = (failure: Failure): Attempt => ({
    type: 'failed',
    failure,
    answered: said.answered,
    usage: said.heldUsage,
    asked: {
      tools: request.sentTools,
      maxTokens: request.step.maxTokens,
      withFilesInResults: request.step.messages.some(
        ({ role, ...rest }) => role === 'tool' && 'files' in rest,
      ),
      format: request.format,
    },
  })
  try {
    watch.expect(firstTokenSeconds * 1000)
    const opening =
      reopen && adapter.reopen
        ? adapter.reopen(client, reopen, controller.signal)
        : adapter.open(client, request, controller.signal)
    const opened = await watch.race(opening, controller.signal)
    if (opened.type !== 'value') return failed(timeout(firstTokenSeconds, null))
    const decoding = adapter.decoder(request)
    decoder = decoding
    let alive = false
    let saidAt = clock.elapsed()
    const ending = readAnswer(sourceOf(opened.value), outlet, watch, signal, (event) => {
      const decoded = decoding.decode(event)
      if (decoded.responseId !== undefined) onResponseId(decoded.responseId)
      said.send(decoded.deltas)
      if (outlet.diverged) return { type: 'diverged' }
      if (decoded.fault) {
        said.flush()
        return failed({ type: 'fault', fault: decoded.fault, retryAfterMs: null })
      }
      alive ||= decoded.alive
      if (said.measure.endless) {
        said.flush()
        outlet.push({ type: 'finish', finish: 'length' })
        return { type: 'done' }
      }
      if (decoded.deltas.length > 0) saidAt = clock.elapsed()
      // After its ending a provider may still send the usage, and may leave the connection open.
      if (decoding.ended) {
        watch.expect(Math.min(idleSeconds * 1000, AFTER_ENDING_MS))
      } else if (decoded.alive) {
        const quietMs = clock.elapsed() - saidAt
        watch.expect(Math.min(idleSeconds, QUIET_TIMES * idleSeconds - quietMs / 1000) * 1000)
      }
      return null
    })
    read = await ending
    if (signal.aborted) return { type: 'done' }
    if (read.type === 'settled') return read.attempt
    if (read.type === 'late' && !decoder.ended) {
      return failed(alive ? timeout(null, idleSeconds) : timeout(firstTokenSeconds, null))
    }
    if (read.type === 'broken') {
      if (read.error instanceof UnreadableBody) {
        return failed({ type: 'unreadable', what: read.error.what })
      }
      if (!decoder.ended) {
        said.flush()
        return failed(brokenOff(read.error, said.answered, read.over))
      }
    }
  } catch (thrown) {
    if (signal.aborted) return { type: 'done' }
    return failed(failureOf(thrown, clock.now()))
  } finally {
    watch.close()
    signal.removeEventListener('abort', stop)
    controller.abort()
  }
  const ending = decoder.end({ marked: read.marked })
  said.flush()
  if (ending.length === 0) {
    return failed({ type: said.answered ? 'cut' : 'empty' })
  }
  if (said.measure.isEmpty(ending)) {
    said.send(ending.filter(({ type }) => type !== 'finish' && type !== 'tool'))
    said.flush()
    const cut = ending.some((delta) => delta.type === 'finish' && delta.finish === 'length')
    return failed(cut ? { type: 'spent', tokens: request.step.maxTokens } : { type: 'empty' })
  }
  said.send(ending)
  return { type: outlet.diverged ? 'diverged' : 'done' }
}

/** The failure of a stream that broke: by the network, in the middle of an event, or with an event that is not JSON. */
function brokenOff(thrown: unknown, answered: boolean, over: boolean): Failure {
  if (thrown instanceof SyntaxError && !over) return { type: 'unreadable', what: 'other' }
  return answered || over
    ? { type: 'cut' }
    : { type: 'unreachable', reason: 'the connection was dropped' }
}

function timeout(firstToken: number | null, idle: number | null): Failure {
  return firstToken === null
    ? { type: 'idle-timeout', seconds: idle ?? 0 }
    : { type: 'first-token-timeout', seconds: firstToken }
}

const AFTER_ENDING_MS = 2_000

/**
 * An answer with events but no deltas is aborted after this many idle timeouts, because such events may come for ever.
 */
const QUIET_TIMES = 10
