import type OpenAI from 'openai'
import type { ModelDelta, ModelStep } from './port.ts'
import type { ProviderFault } from './failure/provider-fault.ts'
import type { RefusedTool } from './failure/refused-tools.ts'
import type { Refusal } from './failure/refusals.ts'

/** One API of the OpenAI family: how to ask for a step, and how to understand what comes back. */
export type Adapter = {
  api: 'chat' | 'responses'
  /** Sends the request and resolves with the response once its headers are there. */
  open(client: OpenAI, request: StepRequest, signal: AbortSignal): Promise<Response>
  decoder(request: StepRequest): Decoder
}

/** What is asked, in the form that the endpoint takes: `prepareStep` makes it. */
export type StepRequest = {
  step: ModelStep
  endpoint: Endpoint
  /** What this endpoint has refused for this model, and is therefore not sent. */
  refused: ReadonlySet<Refusal>
  /** The tools of the step, in their order, with the refusal that leaves each out. */
  sentTools: readonly { name: string; refusal: RefusedTool }[]
  /** What a person is to be told about how it was asked. */
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
  /** Whether the event shows that the answer is getting on, although it may bring no delta. */
  alive: boolean
  fault?: ProviderFault
}

export type Decoder = {
  decode(event: WireEvent): Decoded
  /** Whether the provider has said how the answer ends; only usage may follow. */
  readonly ended: boolean
  /** The last deltas, a `finish` at their end; none when the provider did not end its answer. */
  end(how: { marked: boolean }): ModelDelta[]
}
