import type OpenAI from 'openai'
import type { Adapter, Decoder, StepRequest, WireEvent } from './adapter.ts'
import { measureAnswer } from './answer-measure.ts'
import type { Clock } from './clock.ts'
import { failureOf, type Failure } from './failure/failure.ts'
import type { ModelDelta } from './port.ts'
import type { Asked } from './failure/refusals.ts'
import { watchProgress, type Raced } from './progress-watch.ts'
import { splitThoughts } from './think-tags.ts'
import { readBody, UnreadableBody, type Transport } from './transport.ts'
import { joinText } from './well-formed-text.ts'

export type AttemptSettings = {
  client: OpenAI
  adapter: Adapter
  firstTokenSeconds: number
  idleSeconds: number
  clock: Clock
}

export type Attempt =
  | { type: 'done' }
  | {
      type: 'failed'
      failure: Failure
      /** Whether anything of the answer has gone out. */
      answered: boolean
      /** What was used, as far as it was said and has not gone out. */
      usage: ModelDelta[]
      /** What of the request a refusal may be about. */
      asked: Pick<Asked, 'tools' | 'maxTokens'>
    }

/**
 * Asks once. What it yields is the answer; what it returns says whether the answer is whole.
 *
 * @param prepare makes the request; what it throws is a failure like any other
 * @param onAnswered is called once, before the first delta goes out: nobody may come back for more after the last
 */
export async function* tryOnce(
  { client, adapter, clock, firstTokenSeconds, idleSeconds }: AttemptSettings,
  prepare: () => StepRequest,
  signal: AbortSignal,
  onAnswered: () => void,
): AsyncGenerator<ModelDelta, Attempt> {
  let request: StepRequest
  try {
    request = prepare()
  } catch (cause) {
    const asked = { tools: [], maxTokens: 0 }
    const failure = { type: 'internal', cause } as const
    return { type: 'failed', failure, answered: false, usage: [], asked }
  }
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  signal.addEventListener('abort', stop, { once: true })
  const watch = watchProgress(clock, controller.signal)
  const joiner = joinText()
  const splitter = splitThoughts()
  let decoder: Decoder | null = null
  let body: Transport | null = null
  let answered = false
  let held: ModelDelta[] = request.notes.map((note) => ({ type: 'note', note }))
  const measure = measureAnswer(request.step)
  const failed = (failure: Failure): Attempt => ({
    type: 'failed',
    failure,
    answered,
    usage: held.filter(({ type }) => type === 'usage'),
    asked: { tools: request.sentTools, maxTokens: request.step.maxTokens },
  })

  const send = (deltas: ModelDelta[]) => pass(deltas.flatMap((delta) => splitter.push(delta)))

  /** What may have been the beginning of something else is text after all. */
  function* flush(): Generator<ModelDelta> {
    yield* pass(splitter.flush())
    yield* joiner.flush()
  }

  /** Holds `start` back until the answer begins: an attempt that fails before that may be made again. */
  function* pass(deltas: ModelDelta[]): Generator<ModelDelta> {
    for (const delta of deltas) {
      if (!answered && BEFORE_THE_ANSWER.has(delta.type)) {
        held.push(delta)
        continue
      }
      if (!answered) onAnswered()
      answered = true
      measure.add(delta)
      for (const early of held) yield* joiner.push(early)
      held = []
      yield* joiner.push(delta)
    }
  }

  try {
    watch.expect(firstTokenSeconds * 1000)
    const opened = await watch.race(adapter.open(client, request, controller.signal))
    if (opened.type !== 'value') return failed(timeout(firstTokenSeconds, null))
    decoder = adapter.decoder(request)
    body = readBody(opened.value, controller.signal)
    const events = body.events()[Symbol.asyncIterator]()
    let alive = false
    let saidAt = clock.now()
    for (;;) {
      const next: Raced<IteratorResult<WireEvent>> = await watch.race(events.next())
      if (signal.aborted) return { type: 'done' }
      if (next.type !== 'value') {
        if (decoder.ended) break
        return failed(alive ? timeout(null, idleSeconds) : timeout(firstTokenSeconds, null))
      }
      if (next.value.done) break
      const decoded = decoder.decode(next.value.value)
      yield* send(decoded.deltas)
      if (decoded.fault) {
        yield* flush()
        return failed({ type: 'fault', fault: decoded.fault, retryAfterMs: null })
      }
      alive ||= decoded.alive
      if (measure.endless) {
        yield* flush()
        yield { type: 'finish', finish: 'length' }
        return { type: 'done' }
      }
      if (decoded.deltas.length > 0) saidAt = clock.now()
      // After its ending a provider may still tell the usage, but need not close the connection.
      if (decoder.ended) watch.expect(Math.min(idleSeconds * 1000, AFTER_ENDING_MS))
      else if (decoded.alive) {
        const quietMs = clock.now() - saidAt
        watch.expect(Math.min(idleSeconds, QUIET_TIMES * idleSeconds - quietMs / 1000) * 1000)
      }
    }
  } catch (thrown) {
    if (signal.aborted) return { type: 'done' }
    if (thrown instanceof UnreadableBody) return failed({ type: 'unreadable', what: thrown.what })
    if (decoder === null) return failed(failureOf(thrown, clock.now()))
    if (!decoder.ended) {
      yield* flush()
      return failed(brokenOff(thrown, answered, body?.over ?? false))
    }
  } finally {
    signal.removeEventListener('abort', stop)
    controller.abort()
  }
  if (signal.aborted) return { type: 'done' }
  const ending = decoder.end({ marked: body?.marked ?? false })
  yield* flush()
  if (ending.length === 0) {
    return failed({ type: answered ? 'cut' : 'empty' })
  }
  if (measure.isEmpty(ending)) {
    yield* send(ending.filter(({ type }) => type !== 'finish' && type !== 'tool'))
    yield* joiner.flush()
    const cut = ending.some((delta) => delta.type === 'finish' && delta.finish === 'length')
    return failed(cut ? { type: 'spent', tokens: request.step.maxTokens } : { type: 'empty' })
  }
  yield* send(ending)
  return { type: 'done' }
}

/** A stream that broke: by the network, in the middle of an event, or with an event that is no JSON. */
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

const BEFORE_THE_ANSWER: ReadonlySet<ModelDelta['type']> = new Set(['start', 'usage', 'note'])

const AFTER_ENDING_MS = 2_000

/** How many idle times an answer may get on without showing anything: events can come for ever. */
const QUIET_TIMES = 10
