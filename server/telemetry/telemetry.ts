/** Numbers, names and ids; never what anybody said. */
export type Attributes = Record<string, string | number | boolean | string[]>

/** What is being done, while it is done. */
export type Span = {
  set(attributes: Attributes): void
  /** @param type of the error, such as a code; never its message, which may hold what somebody said */
  fail(type: string): void
}

export type SpanOptions = {
  name: string
  /** `server`: somebody asked for it; `client`: somebody else is asked; `internal` otherwise. */
  kind: 'server' | 'client' | 'internal'
  attributes?: Attributes
  /** The header `traceparent` of whoever asked (W3C Trace Context). */
  traceparent?: string | undefined
}

/** A measured value of which the distribution matters; its unit is in the name's description. */
export type Measure =
  | 'gen_ai.client.operation.duration'
  | 'gen_ai.client.token.usage'
  | 'throughline.commit.duration'

/** Where traces and measures go. Nothing of it may fail, or hold up, what is traced. */
export type Telemetry = {
  /** Does the work within a span, which is the parent of those that begin in it. It fails with what the work throws. */
  within<T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>
  record(measure: Measure, value: number, attributes: Attributes): void
  /** The header `traceparent` that continues the present span elsewhere; null when there is none. */
  traceparent(): string | null
  /** Sends what is left. */
  close(): Promise<void>
}

const UNSEEN: Span = { set: () => undefined, fail: () => undefined }

/** Where nothing is to be seen: the work and nothing else. */
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
