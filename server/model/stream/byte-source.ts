/** Where the bytes of an answer come from. After its end, its failure or `cancel` it calls nothing more. */
export type ByteSource = {
  /** Begins to read; called once. */
  read(sink: ByteSink): void
  /** Stops reading, and so the provider, until `resume`; some more may come. */
  pause(): void
  resume(): void
  cancel(): void
  /** Nothing more is wanted; but what ends by itself in a moment leaves its connection to the next request. */
  leave(): void
}

export type ByteSink = {
  piece(bytes: Uint8Array): void
  end(): void
  fail(error: unknown): void
}

/** A response whose bytes come without a `ReadableStream`, which costs more for each token than all the rest. */
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

/** The source for the response of another `fetch`, which an embedder or a test provides. */
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
