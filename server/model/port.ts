import type { LogIds } from '../log-ids.ts'
import type { RunError } from '../../shared/contract/errors.ts'
import type { ModelParameters, OutputFormat } from '../../shared/contract/run-options.ts'
import type { TextKind } from '../../shared/contract/message.ts'

/**
 * A language model, independent of its API and provider.
 *
 * `stream` asks for one step: the answer to the messages so far, text and tool calls. It yields any number of deltas
 * and then **exactly one** ending, `finish` or `error`, as its last delta; it does not throw. Aborting the signal
 * reaches the provider at once and ends the iteration; only then is there no ending.
 */
export type ModelPort = {
  /** The kind of endpoint, as in `/health` and the user interface. */
  readonly kind: 'demo' | 'openai' | 'compatible'
  stream(step: ModelStep, signal: AbortSignal): AsyncIterable<ModelDelta>
  /** The models that the endpoint offers; throws a `ModelPortError` when the request fails. */
  list(signal?: AbortSignal): Promise<ModelInfo[]>
  /** True when `stream` may continue a cut answer instead of beginning another; absent: it never does. */
  goesOn?(model: string, cut: CutAnswer): boolean
  /** Cancels an answer that the provider writes in the background. Never rejects, even when that fails. */
  cancel?(generation: Generation): Promise<void>
}

/** An answer that the provider writes in the background and keeps, also without a connection. Plain JSON. */
export type Generation = { api: 'responses'; host: string; id: string }

/** The part of a cut step that readers have seen. */
export type CutAnswer = {
  /** In order; neighbours are of different kinds. */
  texts: readonly { kind: TextKind; text: string }[]
  /** The answer at the provider, if it is written in the background. */
  generation: Generation | null
}

/** `sees` is true when the model accepts pictures; absent when the endpoint does not say. */
export type ModelInfo = { id: string; contextWindow?: number; sees?: boolean }

export type ModelStep = {
  model: string
  temperature: number
  /** The most tokens the answer may have. */
  maxTokens: number
  systemPrompt: string
  messages: ModelMessage[]
  tools: ModelTool[]
  /** Sent as they are. */
  parameters?: ModelParameters | undefined
  /** Absent for an answer in text. */
  output?: OutputFormat | undefined
  /** The ids in log lines about this step; never sent to a provider. */
  about?: LogIds
  /**
   * True when the provider may write the answer in the background and keep it: the caller goes on with it, or cancels
   * it.
   */
  mayOutlive?: boolean
  /**
   * Continues this answer: only what follows on `texts` is yielded. Ends with an `error` with `isGone` when it cannot.
   */
  cut?: CutAnswer
}

export type ModelMessage =
  /** `joins`: the message came while the answer around it was written. */
  | { role: 'user'; text: string; files?: readonly ModelFile[]; joins?: boolean }
  | {
      /** One earlier step of the assistant: its text, then its calls. */
      role: 'assistant'
      text: string
      calls: { id: string; name: string; arguments: string }[]
      /** State that has to be sent back to the same provider verbatim (from a `provider-state` delta), or null. */
      providerState: ProviderState | null
    }
  /** `files` are what the call returned besides its output. */
  | {
      role: 'tool'
      callId: string
      output: string
      failed: boolean
      files?: readonly ModelFile[]
    }

/** The files of a message: of a question, or of a tool's result. */
export function filesOf(message: ModelMessage): readonly ModelFile[] {
  return message.role === 'assistant' ? [] : (message.files ?? [])
}

/** A file of a question or a result, for models that accept files. */
export type ModelFile = {
  kind: 'image' | 'pdf'
  name: string
  mimeType: string
  /** Base64; null when `instead` is sent in its place. */
  data: string | null
  /** The description that replaces the file for a model or an API that does not accept its kind. */
  instead: string
}

/** An opaque JSON value of one provider and model; it is dropped when either changes. */
export type ProviderState = { api: 'responses' | 'chat'; model: string; data: unknown }

export type ModelTool = {
  name: string
  description: string
  /** JSON Schema (draft 2020-12) of the tool's arguments, an object. */
  inputSchema: Record<string, unknown>
}

export type ModelUsage = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens?: number
  reasoningTokens?: number
  /** US dollars, if the provider reports it. */
  costUsd?: number
}

export type ModelFinish = 'stop' | 'length' | 'content-filter' | 'tool-calls'

export type ModelDelta =
  /** The provider accepted the request; `model` is the name in its answer. */
  | { type: 'start'; model: string }
  /** The provider writes the answer in the background; comes before any of its text. */
  | { type: 'generation'; generation: Generation }
  | { type: 'text'; text: string }
  | { type: 'refusal'; text: string }
  | { type: 'reasoning'; text: string }
  /**
   * A piece of a tool call. `call` numbers the calls of one step, from 0 in the order in which they begin. `id` and
   * `name` are in the first delta of each call only; `arguments` are appended. Together they are the JSON text of the
   * arguments, `{}` when the provider sent none.
   */
  | { type: 'tool'; call: number; id: string; name: string; arguments: string }
  | { type: 'tool'; call: number; arguments: string }
  /** Tokens of this step; the last one counts. */
  | { type: 'usage'; usage: ModelUsage }
  | { type: 'provider-state'; state: ProviderState }
  /** A notice for the user that the request had to be changed, such as a tool that was left out. */
  | { type: 'note'; note: string }
  /** `tool-calls` if and only if there are complete calls to carry out. */
  | { type: 'finish'; finish: ModelFinish }
  /** The request is retried after so many milliseconds; `error` is the ending if it were not. */
  | { type: 'retry'; waitMs: number; error: RunError }
  /** `contextWindow` is the model's limit in tokens, if the provider stated it when it refused a longer request. */
  | {
      type: 'error'
      error: RunError
      contextWindow?: number
      /** The cut answer cannot be continued: the step has to be done anew. */
      isGone?: true
    }
