import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import { readEvents } from './event-source.ts'

export type ThroughlineChatTransportOptions = {
  /** The address of the chat route; `/api/chat` of the page's own server when absent. */
  api?: string
  /** Sent with each request, such as an `Authorization`. */
  headers?: Record<string, string> | (() => Record<string, string>)
  credentials?: RequestCredentials
  /** Further fields of each request's body, such as `clientTools` or `model`. */
  body?: object
  fetch?: typeof fetch
  /** Milliseconds before the stream is opened again for the nth time in a row. */
  retryDelay?: (attempt: number) => number
}

/** The last event of a stream. */
const DONE = '[DONE]'
/** Statuses of a proxy, or of a server that is starting, after which another try may succeed. */
const AWAY = new Set([408, 425, 429, 500, 502, 503, 504])

/** The most tries to open a stream. Once it was open, it is resumed without a limit. */
const TRIES = 6

type Requested = {
  headers?: Record<string, string> | Headers | undefined
  body?: object | undefined
}

/**
 * The transport of `useChat` to this server. A cut stream is resumed where it was cut, for as long as it takes, and
 * nothing of it comes twice.
 */
export class ThroughlineChatTransport<
  Message extends UIMessage = UIMessage,
> implements ChatTransport<Message> {
  /** A stream that is opened again begins with the whole answer. */
  readonly resumeStreamIsReplay = true
  readonly #options: ThroughlineChatTransportOptions

  constructor(options: ThroughlineChatTransportOptions = {}) {
    this.#options = options
  }

  async sendMessages({
    chatId,
    messages,
    trigger,
    messageId,
    abortSignal,
    headers,
    body,
  }: Parameters<ChatTransport<Message>['sendMessages']>[0]): Promise<
    ReadableStream<UIMessageChunk>
  > {
    // The messages before the last one are in the server's log.
    const posted = { id: chatId, messages: messages.slice(-1), trigger, messageId }
    // A message has an id, so a repetition is the same send; a regeneration has none.
    const tries = trigger === 'submit-message' ? TRIES : 1
    const response = await this.#open(tries, '', { headers, body }, abortSignal, {
      method: 'POST',
      body: JSON.stringify({ ...this.#options.body, ...body, ...posted }),
    })
    return this.#stream(chatId, await opened(response), { headers }, abortSignal)
  }

  async reconnectToStream({
    chatId,
    abortSignal,
    headers,
  }: Parameters<
    ChatTransport<Message>['reconnectToStream']
  >[0]): Promise<ReadableStream<UIMessageChunk> | null> {
    const response = await this.#open(TRIES, streamOf(chatId), { headers }, abortSignal)
    if (response.status === 204) return null
    return this.#stream(chatId, await opened(response), { headers }, abortSignal)
  }

  /** Stops the answer itself, for all tabs. The `stop` of `useChat` only closes its stream. */
  async stop(chatId: string): Promise<void> {
    const path = `/${encodeURIComponent(chatId)}/stop`
    await opened(await this.#ask(path, {}, undefined, { method: 'POST', body: '{}' }))
  }

  #stream(
    chatId: string,
    first: ReadableStream<Uint8Array>,
    requested: Requested,
    signal: AbortSignal | undefined,
  ): ReadableStream<UIMessageChunk> {
    const left = new AbortController()
    const both = signal ? AbortSignal.any([signal, left.signal]) : left.signal
    const chunks = this.#chunks(chatId, first, requested, both)
    return new ReadableStream({
      async pull(controller) {
        try {
          const next = await chunks.next()
          if (next.done) controller.close()
          else controller.enqueue(next.value)
        } catch (error) {
          controller.error(error)
        }
      },
      async cancel() {
        left.abort()
        await chunks.return()
      },
    })
  }

  async *#chunks(
    chatId: string,
    first: ReadableStream<Uint8Array>,
    requested: Requested,
    signal: AbortSignal,
  ): AsyncGenerator<UIMessageChunk, void, void> {
    let place: string | null = null
    let body: ReadableStream<Uint8Array> | null = first
    for (let attempt = 0; ; attempt += 1) {
      // Chunks of one event of the log have one id: they are passed on together, or after a cut read again.
      let gathered: UIMessageChunk[] = []
      try {
        body ??= await this.#again(chatId, place, requested, signal)
        for await (const { id, data } of readEvents(body)) {
          if (data === DONE) {
            yield* gathered
            return
          }
          gathered.push(JSON.parse(data))
          if (id === null) continue
          yield* gathered
          gathered = []
          place = id
          attempt = 0
        }
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof RefusedError) throw error
      }
      signal.throwIfAborted()
      body = null
      await pause(this.#options.retryDelay?.(attempt) ?? usualDelay(attempt), signal)
    }
  }

  async #again(
    chatId: string,
    place: string | null,
    requested: Requested,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const after = place === null ? '' : `?after=${place}`
    return opened(await this.#ask(streamOf(chatId) + after, requested, signal))
  }

  /** Retries when the network fails before there is a response, for example while a page opens. */
  async #open(
    tries: number,
    path: string,
    requested: Requested,
    signal: AbortSignal | undefined,
    init: RequestInit = {},
  ): Promise<Response> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#ask(path, requested, signal, init)
      } catch (error) {
        if (signal?.aborted || attempt + 1 >= tries) throw error
      }
      const delay = this.#options.retryDelay?.(attempt) ?? usualDelay(attempt)
      await pause(delay, signal ?? new AbortController().signal)
    }
  }

  #ask(
    path: string,
    { headers: given }: Requested,
    signal: AbortSignal | undefined,
    init: RequestInit = {},
  ): Promise<Response> {
    const { api = '/api/chat', headers: own, credentials, fetch: ask = fetch } = this.#options
    const headers = new Headers(typeof own === 'function' ? own() : own)
    new Headers(given).forEach((value, name) => headers.set(name, value))
    if (init.body !== undefined) headers.set('content-type', 'application/json')
    return ask(api + path, {
      ...init,
      headers,
      ...(signal && { signal }),
      ...(credentials && { credentials }),
    })
  }
}

/** The server answered with a refusal. */
class RefusedError extends Error {}

async function opened(response: Response): Promise<ReadableStream<Uint8Array>> {
  if (response.ok && response.body) return response.body
  const text = await response.text()
  if (AWAY.has(response.status)) throw new Error(text || `The server answered ${response.status}.`)
  throw new RefusedError(text || `The server answered ${response.status}.`)
}

function streamOf(chatId: string): string {
  return `/${encodeURIComponent(chatId)}/stream`
}

/** Doubled from a quarter of a second to eight, with a random part, so that not all clients come back at once. */
function usualDelay(attempt: number): number {
  return 250 * 2 ** Math.min(attempt, 5) * (0.5 + Math.random() / 2)
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
