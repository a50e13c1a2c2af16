import OpenAI from 'openai'
import type { Adapter, Endpoint } from './adapter.ts'
import { chat } from './chat/chat.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { withReadableErrors } from './failure/error-bodies.ts'
import { streamingFetch } from './stream/streaming-fetch.ts'
import { listModels } from './catalog/model-list.ts'
import type { ModelPort } from './port.ts'
import { rememberRefusals } from './failure/refusal-memory.ts'
import { responses } from './responses/responses.ts'
import { streamStep } from './stream/stream.ts'
import { redactError } from './redacted-error.ts'

export type ModelPortOptions = {
  /** Left out, requests carry no credentials: most local servers want none. */
  apiKey?: string | undefined
  /** With its path, as in `http://127.0.0.1:11434/v1`; OpenAI's own when left out. */
  baseUrl?: string | undefined
  /** `auto`: Responses at api.openai.com, Chat Completions everywhere else. */
  api: 'auto' | 'responses' | 'chat'
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

export const OPENAI_BASE_URL = 'https://api.openai.com/v1'

/** The model behind an endpoint of the OpenAI family. */
export function createModelPort(options: ModelPortOptions): ModelPort {
  const endpoint = endpointOf(options)
  const adapter = adapterFor(options.api, endpoint)
  const clock = options.clock ?? systemClock
  const hasKey = Boolean(options.apiKey)
  // Everything is given, for what is not given the client takes from environment variables of its own.
  const client = new OpenAI({
    apiKey: options.apiKey || 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: endpoint.baseUrl,
    maxRetries: 0,
    // The timers that count are this port's; the client's ends with the first byte.
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
    fetch: withReadableErrors(options.fetch ?? streamingFetch),
    ...(!hasKey && { defaultHeaders: { Authorization: null } }),
  })
  const settings = {
    client,
    adapter,
    endpoint,
    hasKey,
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
