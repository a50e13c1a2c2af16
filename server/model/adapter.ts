import type OpenAI from 'openai'
import type { ModelDelta, ModelStep } from './port.ts'
import type { ProviderFault } from './failure/provider-fault.ts'
import type { SentFormat } from './request/output-format.ts'
import type { RefusedTool } from './failure/refused-tools.ts'
import type { Refusal } from './failure/refusals.ts'

/** One API of the OpenAI family: how to ask for a step, and how to understand what comes back. */
export type Adapter = {
  api: 'chat' | 'responses'
  /** Sends the request and resolves with the response once its headers are there. */
  open(client: OpenAI, request: StepRequest, signal: AbortSignal): Promise<Response>
  decoder(request: StepRequest): Decoder
}

/** A request in a form that the endpoint accepts; made by `prepareStep`. */
export type StepRequest = {
  step: ModelStep
  endpoint: Endpoint
  /** Parameters that this endpoint has refused for this model; they are not sent. */
  refused: ReadonlySet<Refusal>
  /** The tools of the step, in their order, with the refusal that leaves each out. */
  sentTools: readonly { name: string; refusal: RefusedTool }[]
  /** What the provider is told of the answer by a field of its own. */
  format: SentFormat | null
  /** Notices for the user about changes of the request. */
  notes: readonly string[]
}

export type Endpoint = {
  baseUrl: string
  /** Host and port, as a person would name the server. */
  host: string
  kind: 'demo' | 'openai' | 'compatible'
}

/** A message of a stream: a server-sent event with JSON data. A plain JSON answer is one with the event `answer`. */
export type WireEvent = { event: string | null; data: unknown }

export type Decoded = {
  deltas: ModelDelta[]
  /** True when the event shows progress, even if it brings no delta. */
  alive: boolean
  fault?: ProviderFault
}

export type Decoder = {
  decode(event: WireEvent): Decoded
  /** True when the provider has sent the finish reason; only usage may follow. */
  readonly ended: boolean
  /** The last deltas, a `finish` at their end; none when the provider did not end its answer. */
  end(how: { marked: boolean }): ModelDelta[]
}
