/** The source of an answer's bytes. After its end, its failure or `cancel` it calls the sink no more. */
export type ByteSource = {
  /** Begins to read; called once. */
  read(sink: ByteSink): void
  /** Stops reading until `resume`, which makes the provider wait; a few more bytes may come. */
  pause(): void
  resume(): void
  cancel(): void
  /**
   * No more bytes are wanted. If the body ends by itself in a moment, its connection can be used for the next request.
   */
  leave(): void
}

export type ByteSink = {
  piece(bytes: Uint8Array): void
  end(): void
  fail(error: unknown): void
}

/** A response with its bytes as a `ByteSource`. A `ReadableStream` would cost more for each token than all the rest. */
export class StreamedResponse extends Response {
  readonly source: ByteSource

  constructor(source: ByteSource, init: ResponseInit) {
    super(null, init)
    this.source = source
  }
}

export function sourceOf(response: Response): ByteSource {
  return response instanceof StreamedResponse ? response.source : sourceOfStream(response.body)
}

/** The source of a response of another `fetch`, which an embedder or a test provides. */
function sourceOfStream(body: ReadableStream<Uint8Array> | null): ByteSource {
  const reader = body?.getReader()
  let over = false
  let paused = false
  let go = Promise.withResolvers<void>()

  async function pump(sink: ByteSink): Promise<void> {
    try {
      for (;;) {
        if (paused) await go.promise
        const next = await reader?.read()
        if (over) return
        if (!next || next.done) break
        sink.piece(next.value)
      }
    } catch (error) {
      if (!over) sink.fail(error)
      return
    }
    sink.end()
  }

  const cancel = (): void => {
    over = true
    go.resolve()
    reader?.cancel().catch(() => undefined)
  }

  return {
    read: (sink) => void pump(sink),
    pause() {
      if (!paused) go = Promise.withResolvers<void>()
      paused = true
    },
    resume() {
      paused = false
      go.resolve()
    },
    cancel,
    leave: cancel,
  }
}
