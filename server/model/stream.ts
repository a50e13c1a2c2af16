import type OpenAI from 'openai'
import type { Adapter, Decoder, Endpoint, StepRequest, WireEvent } from './adapter.ts'
import { pause, type Clock } from './clock.ts'
import { toRunError } from './errors.ts'
import { causeCode, failureOf, FETCH_TIMEOUT_SECONDS, type Failure } from './failure.ts'
import type { ModelDelta, ModelStep } from './port.ts'
import { watchProgress, type Raced } from './progress-watch.ts'
import { knownRefusals, refusedBy, type Refusal } from './refusals.ts'
import { retryDelay } from './retry.ts'
import { readBody, UnreadableBody, type Transport } from './transport.ts'
import { joinText } from './well-formed-text.ts'

export type StreamSettings = {
  client: OpenAI
  adapter: Adapter
  endpoint: Endpoint
  hasKey: boolean
  firstTokenSeconds: number
  idleSeconds: number
  clock: Clock
  /** From 0 to 1: spreads the retries of many runs. */
  random: () => number
  /** What this endpoint refused, by model; it is written to when something new is refused. */
  refused: Map<string, Set<Refusal>>
}

/**
 * One step, asked of the provider until it is answered or given up: retries before the first delta, timers of its own
 * (the client's ends with the first byte), and exactly one ending, because the client ends silently on a clean cut,
 * on an empty stream and on an abort.
 */
export async function* streamStep(
  settings: StreamSettings,
  step: ModelStep,
  signal: AbortSignal,
): AsyncGenerator<ModelDelta, void> {
  const { adapter, clock, endpoint, hasKey, random } = settings
  const refused = refusedOf(settings, step.model)
  let retries = 0
  for (;;) {
    if (signal.aborted) return
    const request: StepRequest = { step, endpoint, refused: new Set(refused) }
    const attempt = yield* tryOnce(settings, request, signal)
    if (attempt.type === 'done' || signal.aborted) return
    const { failure, answered } = attempt
    const refusal =
      failure.type === 'fault' && !answered
        ? refusedBy(failure.fault, adapter.api, request.refused)
        : null
    if (refusal) {
      refused.add(refusal)
      continue
    }
    const wait = answered ? null : retryDelay(failure, retries, random())
    if (wait === null) {
      yield { type: 'error', error: toRunError(failure, endpoint, hasKey) }
      return
    }
    retries += 1
    await pause(clock, wait, signal)
  }
}

type Attempt =
  | { type: 'done' }
  | {
      type: 'failed'
      failure: Failure
      /** Whether anything of the answer has gone out. */ answered: boolean
    }

/** Asks once. What it yields is the answer; what it returns says whether the answer is whole. */
async function* tryOnce(
  { client, adapter, clock, firstTokenSeconds, idleSeconds }: StreamSettings,
  request: StepRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelDelta, Attempt> {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  signal.addEventListener('abort', stop, { once: true })
  const watch = watchProgress(clock, controller.signal)
  const joiner = joinText()
  let decoder: Decoder | null = null
  let body: Transport | null = null
  let answered = false
  let held: ModelDelta[] = []
  const failed = (failure: Failure): Attempt => ({ type: 'failed', failure, answered })

  /** Holds `start` back until the answer begins: an attempt that fails before that may be made again. */
  function* send(deltas: ModelDelta[]): Generator<ModelDelta> {
    for (const delta of deltas) {
      if (!answered && (delta.type === 'start' || delta.type === 'usage')) {
        held.push(delta)
        continue
      }
      answered = true
      yield* held
      held = []
      yield* joiner.push(delta)
    }
  }

  try {
    watch.expect(firstTokenSeconds * 1000)
    const opened = await watch.race(adapter.open(client, request, controller.signal))
    if (opened.type !== 'value') return failed(timeout(firstTokenSeconds, null))
    decoder = adapter.decoder(request)
    body = readBody(opened.value, client, controller.signal)
    const events = body.events()[Symbol.asyncIterator]()
    let alive = false
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
        yield* joiner.flush()
        return failed({ type: 'fault', fault: decoded.fault, retryAfterMs: null })
      }
      alive ||= decoded.alive
      // After its ending a provider may still tell the usage, but need not close the connection.
      if (decoder.ended) watch.expect(Math.min(idleSeconds * 1000, AFTER_ENDING_MS))
      else if (decoded.alive) watch.expect(idleSeconds * 1000)
    }
  } catch (thrown) {
    if (signal.aborted) return { type: 'done' }
    if (thrown instanceof UnreadableBody) return failed({ type: 'unreadable', what: thrown.what })
    if (decoder === null) return failed(failureOf(thrown, clock.now()))
    if (!decoder.ended) {
      yield* joiner.flush()
      return failed(brokenOff(thrown, answered, body?.over ?? false))
    }
  } finally {
    signal.removeEventListener('abort', stop)
    controller.abort()
  }
  if (signal.aborted) return { type: 'done' }
  const ending = decoder.end({ marked: body?.marked ?? false })
  if (ending.length === 0) {
    yield* joiner.flush()
    return failed({ type: answered ? 'cut' : 'empty' })
  }
  yield* send(ending)
  return { type: 'done' }
}

/** A stream that broke: by the network, in the middle of an event, or with an event that is no JSON. */
function brokenOff(thrown: unknown, answered: boolean, over: boolean): Failure {
  if (causeCode(thrown) === 'UND_ERR_BODY_TIMEOUT') {
    return { type: 'idle-timeout', seconds: FETCH_TIMEOUT_SECONDS }
  }
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

function refusedOf({ refused, endpoint }: StreamSettings, model: string): Set<Refusal> {
  const known = refused.get(model)
  if (known) return known
  const begun = new Set(knownRefusals(endpoint.kind, model))
  refused.set(model, begun)
  return begun
}

const AFTER_ENDING_MS = 2_000
