import type OpenAI from 'openai'
import type { Generation, ModelDelta, ModelStep } from './port.ts'
import type { ProviderFault } from './failure/provider-fault.ts'
import type { SentFormat } from './request/output-format.ts'
import type { RefusedTool } from './failure/refused-tools.ts'
import type { Refusal } from './failure/refusals.ts'

/** One API of the OpenAI family: builds the request for a step, and decodes the response. */
export type Adapter = {
  api: 'chat' | 'responses'
  /** Sends the request and resolves with the response once its headers are there. */
  open(client: OpenAI, request: StepRequest, signal: AbortSignal): Promise<Response>
  decoder(request: StepRequest): Decoder
  /** Reads an answer that the provider keeps again from its beginning; absent for an API that keeps none. */
  reopen?(client: OpenAI, generation: Generation, signal: AbortSignal): Promise<Response>
}

/** A step in a form that the endpoint accepts; made by `prepareStep`. */
export type StepRequest = {
  step: ModelStep
  endpoint: Endpoint
  /** Parameters that this endpoint has refused for this model; they are not sent. */
  refused: ReadonlySet<Refusal>
  /** The tools of the step, in their order, with the refusal that leaves each out. */
  sentTools: readonly { name: string; refusal: RefusedTool }[]
  /** The field that asks for the form of the answer; null when there is none. */
  format: SentFormat | null
  /** Notices for the user about changes of the request. */
  notes: readonly string[]
  /** True when the provider writes the answer in the background, and keeps it. */
  background: boolean
  /** The beginning of the answer that the model continues; null for none. */
  prefix: string | null
}

export type Endpoint = {
  baseUrl: string
  /** Host and port, the server's name in messages to people. */
  host: string
  kind: 'demo' | 'openai' | 'compatible'
}

/** An event of a stream: a server-sent event with JSON data. A plain JSON answer is a single event named `answer`. */
export type WireEvent = { event: string | null; data: unknown }

export type Decoded = {
  deltas: ModelDelta[]
  /** True when the event shows progress, even if it brings no delta. */
  alive: boolean
  fault?: ProviderFault
  /** The provider's id of an answer that it writes in the background. */
  responseId?: string
}

export type Decoder = {
  decode(event: WireEvent): Decoded
  /** True when the provider has sent the finish reason; only usage may follow. */
  readonly ended: boolean
  /** The last deltas, which end with a `finish`; none when the provider did not end its answer. */
  end(how: { marked: boolean }): ModelDelta[]
}
