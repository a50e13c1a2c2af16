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
import type { LogIds } from '../log-ids.ts'
import { redactError } from './redacted-error.ts'

export type ModelPortOptions = {
  /** Absent for requests without credentials, as most local servers want them. */
  apiKey?: string | undefined
  /** With its path, as in `http://127.0.0.1:11434/v1`; OpenAI's own when absent. */
  baseUrl?: string | undefined
  /** `auto`: Responses at api.openai.com, Chat Completions everywhere else. */
  api: 'auto' | 'responses' | 'chat'
  /**
   * For Responses: the provider writes answers in the background and keeps them, so that another node can go on with
   * one.
   */
  background?: boolean
  /** The endpoint is the demo model of this process. */
  demo?: boolean
  /** Seconds until the first token of an answer. */
  timeoutSeconds: number
  /** Seconds between two tokens. */
  idleTimeoutSeconds: number
  /** Gets unexpected failures, without any text of the conversation. */
  onInternal?: (cause: unknown, about?: LogIds) => void
  fetch?: typeof fetch
  clock?: Clock
  random?: () => number
}

/** The time limit of cancelling an answer. */
const CANCEL_MS = 10_000

export const OPENAI_BASE_URL = 'https://api.openai.com/v1'

/** The model behind an endpoint of the OpenAI family. */
export function createModelPort(options: ModelPortOptions): ModelPort {
  const endpoint = endpointOf(options)
  const adapter = adapterFor(options.api, endpoint)
  const clock = options.clock ?? systemClock
  const client = createOpenAiClient({
    // An empty key means no key.
    apiKey: options.apiKey || null,
    baseUrl: endpoint.baseUrl,
    maxRetries: 0,
    // The port has timers of its own, because the client's end with the first byte.
    timeout: 2 ** 31 - 1,
    fetch: withReadableErrors(options.fetch ?? streamingFetch),
  })
  const cancel = async ({ host, id }: Generation): Promise<void> => {
    if (host !== endpoint.host) return
    await client.responses
      .cancel(id, { signal: AbortSignal.timeout(CANCEL_MS), maxRetries: 2 })
      // The answer may have ended, or been removed.
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
    onInternal: (cause: unknown, about?: LogIds) => options.onInternal?.(redactError(cause), about),
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
