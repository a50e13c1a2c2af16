import OpenAI from 'openai'
import type { ClientOptions } from 'openai'

type OpenAiClientOptions = {
  /** Null where the service wants none. */
  apiKey: string | null
  /** With its path, as in `http://127.0.0.1:11434/v1`. */
  baseUrl: string
} & Pick<ClientOptions, 'fetch'> &
  // Milliseconds, and how often what failed is asked again.
  Required<Pick<ClientOptions, 'timeout' | 'maxRetries'>>

/** A client of a service with OpenAI's API, that takes nothing from environment variables of its own. */
export function createOpenAiClient({ apiKey, baseUrl, ...rest }: OpenAiClientOptions): OpenAI {
  return new OpenAI({
    apiKey: apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseUrl,
    logLevel: 'off',
    ...(apiKey === null && { defaultHeaders: { Authorization: null } }),
    ...rest,
  })
}
