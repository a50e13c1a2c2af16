import type { Dispatcher } from 'undici'
import { StreamedResponse } from './byte-source.ts'
import type { ByteSink, ByteSource } from './byte-source.ts'
import { decompressed } from './decompressed-source.ts'

/**
 * A `fetch` that passes on the bytes of a streamed answer as they arrive, and has no timeout of its own: Node's `fetch`
 * gives up after five minutes without data, even when a longer time was set here. Any request but a `POST` with a text
 * body uses Node's.
 */
export const streamingFetch: typeof fetch = async (input, init) => {
  const { method, headers, body, signal } = init ?? {}
  if (method !== 'POST' || typeof body !== 'string') return fetch(input, init)
  const url = new URL(input instanceof Request ? input.url : input)
  // undici takes some 7 MiB of memory, so it is loaded with the first request.
  const { getGlobalDispatcher, interceptors } = await import('undici')
  redirecting ??= interceptors.redirect({ maxRedirections: 20 })
  const dispatcher = getGlobalDispatcher()
  const dispatch = redirecting(dispatcher.dispatch.bind(dispatcher))
  signal?.throwIfAborted()
  return new Promise<Response>((resolve, reject) => {
    const exchange = new Exchange(resolve, reject)
    const stop = (): void => exchange.abort(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    exchange.onOver = () => signal?.removeEventListener('abort', stop)
    const options = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST' as const,
      headers: Object.fromEntries(new Headers(headers)),
      body,
      headersTimeout: 0,
      bodyTimeout: 0,
    }
    try {
      dispatch(options, exchange)
    } catch (error) {
      exchange.onResponseError(null, error)
    }
  })
}

/** The most that is read of an error response. */
const MAX_ERROR_BYTES = 64 * 1024

let redirecting: Dispatcher.DispatcherComposeInterceptor | undefined

/** One request with its response. */
class Exchange implements Dispatcher.DispatchHandler, ByteSource {
  readonly #resolve: (response: Response) => void
  readonly #reject: (error: unknown) => void
  #controller: Dispatcher.DispatchController | null = null
  #aborted: { reason: unknown } | null = null
  #sink: ByteSink | null = null
  /** Bytes that arrived before the reading began. */
  #early: Uint8Array[] = []
  #end: { error: unknown } | 'end' | null = null
  #left = false
  onOver: () => void = () => undefined

  constructor(resolve: (response: Response) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborted) controller.abort(errorOf(this.#aborted.reason))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    const init = { status, headers: headersOf(headers) }
    const source = decompressed(this, init.headers.get('content-encoding'))
    if (status < 300) return this.#resolve(new StreamedResponse(source, init))
    // The body of an error response is read here, up to a limit, because its text becomes the message.
    const pieces: Uint8Array[] = []
    let length = 0
    const answer = () => this.#resolve(new Response(Buffer.concat(pieces), init))
    source.read({
      piece: (bytes) => {
        pieces.push(bytes)
        length += bytes.length
        if (length < MAX_ERROR_BYTES) return
        answer()
        source.cancel()
      },
      end: answer,
      fail: (error) => this.#reject(error),
    })
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#sink) this.#sink.piece(bytes)
    else if (!this.#aborted && !this.#left) this.#early.push(bytes)
  }

  onResponseEnd(): void {
    this.#over('end')
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#reject(error)
    this.#over({ error })
  }

  read(sink: ByteSink): void {
    this.#sink = sink
    for (const bytes of this.#early.splice(0)) this.#sink?.piece(bytes)
    if (this.#end) this.#tell()
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  cancel(): void {
    this.#left = false
    this.#sink = null
    this.#early = []
    this.abort(new DOMException('No longer read.', 'AbortError'))
  }

  leave(): void {
    this.#sink = null
    if (this.#end) return
    this.#left = true
    this.resume()
    const timer = setTimeout(() => this.cancel(), LEAVING_MS)
    timer.unref()
    this.onOver = () => clearTimeout(timer)
  }

  abort(reason: unknown): void {
    if (this.#aborted || this.#end || this.#left) return
    this.#aborted = { reason }
    this.#reject(reason)
    this.#controller?.abort(errorOf(reason))
  }

  #over(end: { error: unknown } | 'end'): void {
    this.onOver()
    this.#end ??= end
    if (this.#sink) this.#tell()
  }

  #tell(): void {
    const sink = this.#sink
    this.#sink = null
    if (this.#end === 'end') sink?.end()
    else sink?.fail(this.#end?.error)
  }
}

/** The longest time from the last event of an answer to its end. */
const LEAVING_MS = 1_000

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}

function headersOf(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw)) {
    for (const one of [value ?? []].flat()) {
      try {
        headers.append(name, one)
      } catch {
        // An invalid header is left out: it is not worth losing an answer.
      }
    }
  }
  return headers
}
