/** Numbers, names and ids; never text of a conversation. */
export type Attributes = Record<string, string | number | boolean | string[]>

/** One operation while it goes on. */
export type Span = {
  set(attributes: Attributes): void
  /** @param type of the error, such as a code; never its message, which may contain text of a conversation */
  fail(type: string): void
}

export type SpanOptions = {
  name: string
  /** `server`: a request to this server; `client`: a request to another one; `internal` otherwise. */
  kind: 'server' | 'client' | 'internal'
  attributes?: Attributes
  /** The header `traceparent` of the request (W3C Trace Context). */
  traceparent?: string | undefined
}

/** A measurement whose distribution matters; its description has its unit. */
export type Measure =
  | 'gen_ai.client.operation.duration'
  | 'gen_ai.client.token.usage'
  | 'throughline.commit.duration'

/** The destination of traces and measurements. It must neither fail nor delay the traced work. */
export type Telemetry = {
  /** Does the work within a span, which is the parent of spans that begin in it. Throws what the work throws. */
  within<T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>
  record(measure: Measure, value: number, attributes: Attributes): void
  /** The header `traceparent` that continues the current span elsewhere; null when there is none. */
  traceparent(): string | null
  /** Sends the rest. */
  close(): Promise<void>
}

const UNSEEN: Span = { set: () => undefined, fail: () => undefined }

/** Without tracing: only the work. */
export const OFF: Telemetry = {
  within: (_options, work) => work(UNSEEN),
  record: () => undefined,
  traceparent: () => null,
  close: async () => undefined,
}

/** The error's code, else its class. */
export function errorType(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : typeof error
}
