import type { RunError } from '../../shared/contract/errors.ts'
import type { OutputFormat } from '../../shared/contract/run-options.ts'
import type { TextKind } from '../../shared/contract/message.ts'

/**
 * A language model, independent of its API and provider.
 *
 * `stream` asks for one step: one answer to the messages so far, text and tool calls. It yields any number of deltas
 * and then **exactly one** ending, `finish` or `error`, as its last delta; it does not throw. Aborting the signal
 * reaches the provider at once and ends the iteration, in that case alone without an ending.
 */
export type ModelPort = {
  /** The kind of endpoint, as `/health` and the user interface name it. */
  readonly kind: 'demo' | 'openai' | 'compatible'
  stream(step: ModelStep, signal: AbortSignal): AsyncIterable<ModelDelta>
  /** The models that the endpoint offers; throws a `ModelPortError` when it cannot be asked. */
  list(signal?: AbortSignal): Promise<ModelInfo[]>
  /** Whether `stream` may go on with an answer that was cut, rather than give another; absent: it never does. */
  goesOn?(model: string, cut: CutAnswer): boolean
  /** Ends an answer that the provider writes by itself. Resolves also where that is not possible. */
  cancel?(generation: Generation): Promise<void>
}

/** An answer that the provider writes and keeps by itself, also while nobody listens. Plain JSON. */
export type Generation = { api: 'responses'; host: string; id: string }

/** What an attempt that was cut had shown of its step. */
export type CutAnswer = {
  /** In their order; neighbours differ in kind. */
  texts: readonly { kind: TextKind; text: string }[]
  /** Where the provider has the answer, if it has. */
  generation: Generation | null
}

/** `sees`: whether it takes pictures; absent where the endpoint does not say. */
export type ModelInfo = { id: string; contextWindow?: number; sees?: boolean }

export type ModelStep = {
  model: string
  temperature: number
  /** The most tokens the answer may have. */
  maxTokens: number
  systemPrompt: string
  messages: ModelMessage[]
  tools: ModelTool[]
  /** Absent for an answer in words. */
  output?: OutputFormat | undefined
  /** The provider may write and keep the answer by itself: whoever asks goes on with it, or cancels it. */
  mayOutlive?: boolean
  /** This answer goes on: only what follows on `texts` is yielded. It ends with an `error` that `isGone` if it cannot. */
  cut?: CutAnswer
}

export type ModelMessage =
  /** `joins`: it was said while the answer around it was written. */
  | { role: 'user'; text: string; files?: readonly ModelFile[]; joins?: boolean }
  | {
      /** One earlier step of the assistant: what it said, then the calls it made. */
      role: 'assistant'
      text: string
      calls: { id: string; name: string; arguments: string }[]
      /** State that the same provider wants back verbatim (from a `provider-state` delta), or null. */
      providerState: ProviderState | null
    }
  /** `files` are what the call brought beside its output. */
  | {
      role: 'tool'
      callId: string
      output: string
      failed: boolean
      files?: readonly ModelFile[]
    }

/** The files that a message carries: a question's, or what a tool brought. */
export function filesOf(message: ModelMessage): readonly ModelFile[] {
  return message.role === 'assistant' ? [] : (message.files ?? [])
}

/** A file that belongs to a question or a result, for models that take such. */
export type ModelFile = {
  kind: 'image' | 'pdf'
  name: string
  mimeType: string
  /** Base64; null when it is not sent, and `instead` is. */
  data: string | null
  /** What is said to a model, or over an API, that takes no such file. */
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
  /** US dollars, where the provider says it. */
  costUsd?: number
}

export type ModelFinish = 'stop' | 'length' | 'content-filter' | 'tool-calls'

export type ModelDelta =
  /** The provider took the request; `model` is the name it answers under. */
  | { type: 'start'; model: string }
  /** The provider writes the answer by itself from now on; before anything of it. */
  | { type: 'generation'; generation: Generation }
  | { type: 'text'; text: string }
  | { type: 'refusal'; text: string }
  | { type: 'reasoning'; text: string }
  /**
   * A piece of a tool call. `call` tells the calls of one step apart, counting from 0 in the order they were opened.
   * `id` and `name` stand in the first delta of each call and in no later one; `arguments` are appended. Over the
   * whole call they are the JSON text of its arguments, `{}` when the provider sent none.
   */
  | { type: 'tool'; call: number; id: string; name: string; arguments: string }
  | { type: 'tool'; call: number; arguments: string }
  /** Tokens of this step; the last one counts. */
  | { type: 'usage'; usage: ModelUsage }
  | { type: 'provider-state'; state: ProviderState }
  /** A notice for the user that the request had to be changed, such as a tool that was left out. */
  | { type: 'note'; note: string }
  /** `tool-calls` when, and only when, complete calls are to be carried out. */
  | { type: 'finish'; finish: ModelFinish }
  /** The provider is asked again after so many milliseconds; `error` is what it would otherwise end with. */
  | { type: 'retry'; waitMs: number; error: RunError }
  /** `contextWindow`: how many tokens the model reads at the most, when the provider said so in refusing more. */
  | {
      type: 'error'
      error: RunError
      contextWindow?: number
      /** What was cut cannot be gone on with: the step has to be asked anew. */
      isGone?: true
    }
