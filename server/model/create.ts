import type { Adapter, Endpoint } from './adapter.ts'
import { chat } from './chat/chat.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { withReadableErrors } from './failure/error-bodies.ts'
import { streamingFetch } from './stream/streaming-fetch.ts'
import { listModels } from './catalog/model-list.ts'
import { createOpenAiClient } from './openai-client.ts'
import type { Generation, ModelPort } from './port.ts'
import { rememberRefusals } from './failure/refusal-memory.ts'
import { responses } from './responses/responses.ts'
import { goingOn } from './stream/going-on.ts'
import { streamStep } from './stream/stream.ts'
import { redactError } from './redacted-error.ts'

export type ModelPortOptions = {
  /** Left out, requests carry no credentials: most local servers want none. */
  apiKey?: string | undefined
  /** With its path, as in `http://127.0.0.1:11434/v1`; OpenAI's own when left out. */
  baseUrl?: string | undefined
  /** `auto`: Responses at api.openai.com, Chat Completions everywhere else. */
  api: 'auto' | 'responses' | 'chat'
  /** Responses: the provider writes and keeps the answers by itself, so that whoever takes one over can go on with it. */
  background?: boolean
  /** The endpoint is the demo model of this process. */
  demo?: boolean
  /** Seconds until the first token of an answer. */
  timeoutSeconds: number
  /** Seconds between two tokens. */
  idleTimeoutSeconds: number
  /** Is told of failures that nobody foresaw, without anything that was said. */
  onInternal?: (cause: unknown) => void
  fetch?: typeof fetch
  clock?: Clock
  random?: () => number
}

/** So long an answer may take to be cancelled. */
const CANCEL_MS = 10_000

export const OPENAI_BASE_URL = 'https://api.openai.com/v1'

/** The model behind an endpoint of the OpenAI family. */
export function createModelPort(options: ModelPortOptions): ModelPort {
  const endpoint = endpointOf(options)
  const adapter = adapterFor(options.api, endpoint)
  const clock = options.clock ?? systemClock
  const client = createOpenAiClient({
    // An empty one is none.
    apiKey: options.apiKey || null,
    baseUrl: endpoint.baseUrl,
    maxRetries: 0,
    // The timers that count are this port's; the client's ends with the first byte.
    timeout: 2 ** 31 - 1,
    fetch: withReadableErrors(options.fetch ?? streamingFetch),
  })
  const cancel = async ({ host, id }: Generation): Promise<void> => {
    if (host !== endpoint.host) return
    await client.responses
      .cancel(id, { signal: AbortSignal.timeout(CANCEL_MS), maxRetries: 2 })
      // It may have ended by itself, or not be there any more.
      .catch(() => undefined)
  }
  const settings = {
    client,
    cancel,
    adapter,
    endpoint,
    hasKey: Boolean(options.apiKey),
    background: options.background === true && adapter.api === 'responses',
    firstTokenSeconds: options.timeoutSeconds,
    idleSeconds: options.idleTimeoutSeconds,
    clock,
    random: options.random ?? Math.random,
    refusals: rememberRefusals(() => clock.now()),
    onInternal: (cause: unknown) => options.onInternal?.(redactError(cause)),
  }
  return {
    kind: endpoint.kind,
    stream: (step, signal) => streamStep(settings, step, signal),
    list: (signal) => listModels(settings, signal),
    goesOn: (model, cut) =>
      goingOn(cut, { adapter, endpoint, refused: new Set(settings.refusals.of(model)) }) !== null,
    cancel,
  }
}

function endpointOf({ baseUrl, demo }: ModelPortOptions): Endpoint {
  const url = new URL(baseUrl || OPENAI_BASE_URL)
  const isOpenAi = url.hostname === 'api.openai.com'
  return {
    baseUrl: url.href.replace(/\/+$/, ''),
    host: demo ? 'the demo model' : url.host,
    kind: demo ? 'demo' : isOpenAi ? 'openai' : 'compatible',
  }
}

function adapterFor(api: 'auto' | 'responses' | 'chat', { kind }: Endpoint): Adapter {
  if (api === 'auto') return kind === 'openai' ? responses : chat
  return api === 'responses' ? responses : chat
}
