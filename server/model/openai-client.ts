import OpenAI from 'openai'
import type { ClientOptions } from 'openai'

type OpenAiClientOptions = {
  /** Null when the service needs no key. */
  apiKey: string | null
  /** With its path, as in `http://127.0.0.1:11434/v1`. */
  baseUrl: string
} & Pick<ClientOptions, 'fetch'> &
  // The timeout in milliseconds, and the number of retries.
  Required<Pick<ClientOptions, 'timeout' | 'maxRetries'>>

/** A client of a service with OpenAI's API. Unlike the library's default it reads no environment variables. */
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
