import type { z } from 'zod'
import type { StoredTask } from '../../db/stored-values.ts'
import type { FileId, KeyId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Asked, QuestionReply } from '../../shared/contract/question.ts'
import type {
  KnownToolCall,
  ToolCall,
  ToolEffect,
  ToolProgress,
} from '../../shared/contract/tool.ts'

/** A file that a tool returns besides its output. */
export type BroughtFile = {
  /** The name for people; of a path, only the last segment is used. */
  name: string
  /** The type that the source states. The content counts more. */
  mimeType: string | null
  data: Uint8Array
}

/** The session, and the API key if one was used, to which the cost of a call is counted. */
export type RunOfCall = { sessionId: SessionId; keyId: KeyId | null }

/** The caller, and the limits of the call. */
export type ToolContext = {
  caller: { id: UserId; admin: boolean }
  /** Absent when no run made the call. */
  run?: RunOfCall
  /** The same for every attempt at one call: pass it on as an idempotency key where the other side supports one. */
  callId: string
  /** Aborts when the run is stopped or the tool's timeout is over. */
  signal: AbortSignal
  /** Shows progress to the user. It may be called often; some updates are skipped. */
  onProgress?: (progress: ToolProgress) => void
  /**
   * Asks the person who reads the answer, and waits for the reply; the call's timeout does not run meanwhile. Absent
   * when nobody can be asked.
   *
   * @param signal aborts when the answer is of no use any more
   * @returns the reply; `cancel` also when nobody replied in time
   */
  ask?: ((asked: Asked, signal?: AbortSignal) => Promise<QuestionReply>) | undefined
  /** Does work for which the call's timeout does not run, because it has a limit of its own. */
  unhurried<T>(work: () => Promise<T>): Promise<T>
  /** Present when the tool's server carries calls out as tasks. */
  task?: TaskOfCall | undefined
  /**
   * Attaches a file to the output. After the call has succeeded, the file is stored, shown in the call's card, and sent
   * to a model that can see it. If it cannot be stored, the call still succeeds, with a sentence in its place.
   *
   * @returns the id that the file will have
   */
  attach(file: BroughtFile): FileId
}

export type TaskOfCall = {
  /** The task that an earlier attempt made: its result is fetched, and the call is not made again. */
  known: StoredTask | null
  /** True when another attempt will go on with the call, so that its task must not be cancelled. */
  goesOn(): boolean
  /** Records a new task, before its result is waited for. */
  record(task: StoredTask): Promise<void>
}

export type ApprovalPolicy = 'never' | 'writes' | 'always'

/** The type of a method, so that a tool of any input is assignable to `Tool`. */
type ApprovalRule<Input> = { asks(input: Input): boolean }['asks']

/**
 * A tool that the model may call.
 *
 * @see defineTool
 */
export type Tool<Name extends string = string, Input = unknown, Output = unknown> = {
  /** Letters, digits, `_` and `-`, at most 64: the names that every provider accepts. */
  name: Name
  /** For people; an external tool may have one. */
  title?: string
  /** Written for the model: what the tool does and when to use it. */
  description: string
  input: z.ZodType<Input>
  output: z.ZodType<Output>
  /** The effect of repeating a call. It decides what happens to a call whose outcome is unknown after a crash. */
  effect: ToolEffect
  /** When approval is needed: `writes` means for every effect but `read`; a function decides by the input. */
  approval: ApprovalPolicy | ApprovalRule<Input>
  /** Executes the call. The message of a thrown error is shown to the model and to the user. */
  execute(input: Input, context: ToolContext): Promise<Output>
  /** The external server that offers the tool, if any. */
  source?: ToolCall['source']
  /** JSON Schemas of an external tool, which are shown instead of those of `input` and `output`. */
  schemas?: { input: Record<string, unknown>; output?: Record<string, unknown> }
  /** The time limit of one call, if it differs from the setting for all tools. */
  timeoutMs?: number
  /** The longest output in UTF-16 units of JSON, for a tool that limits its output itself. */
  maxOutputLength?: number
}

/** Thrown by a tool when the other side was lost during the call: the call may have taken effect. */
export class CallLostError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CallLostError'
  }
}

/** A dynamic source of tools, such as MCP servers. */
export type ToolSource = {
  /**
   * The tools that are available now.
   *
   * @param userId selects this person's versions; without it the list has everybody's tools, each as somebody has it
   */
  tools(userId?: UserId): readonly Tool[]
  /** Connects to servers that only this person can use, and waits for them for a limited time. */
  prepare(userId: UserId, signal: AbortSignal): Promise<void>
  /**
   * The reason why a tool of this source is not available, for the model and the user; null when the tool belongs to
   * another source.
   */
  whyAbsent(name: string): string | null
  /** Resolves when the tool is available, when it will not be soon, or when the signal aborts. */
  untilPresent(name: string, signal: AbortSignal): Promise<void>
  /**
   * Resolves when all tools that are expected after the start are available, after a timeout, or when the signal
   * aborts.
   */
  untilSettled(signal: AbortSignal): Promise<void>
  /** The tools that `untilSettled` found missing or still waits for, with reasons for the model and the user. */
  unsettled(): { isWaiting: boolean; reasons: string[] }
  /** Resolves when these tools are available as far as can be expected soon, or when the signal aborts. */
  untilBack(names: readonly string[], signal: AbortSignal): Promise<void>
  /** Calls the listener whenever the tools change. Returns a function that unsubscribes. */
  onChange(listener: () => void): () => void
}

/** A call of a tool, or of one of several: its name determines the types of its input and output. */
export type CallOf<T> =
  T extends Tool<infer Name, infer Input, infer Output> ? KnownToolCall<Name, Input, Output> : never

/** `error` is for the model, which should react to it, and for the user. */
export type ToolFailure = {
  ok: false
  /** With `lost`, `timeout` and `stopped` the call had begun and may have taken effect. */
  kind: 'bad-arguments' | 'unknown-tool' | 'timeout' | 'failed' | 'stopped' | 'lost'
  error: string
}

/** The outcome of a call; `output` is plain JSON that matches the tool's schema. */
export type ToolOutcome =
  | { ok: true; output: unknown; brought?: readonly (BroughtFile & { id: FileId })[] }
  | ToolFailure

export type ParsedCall = { ok: true; tool: Tool; input: unknown } | ToolFailure
