import type { z } from 'zod'
import type { UserId } from '../../shared/contract/ids.ts'
import type { ToolInfo } from '../../shared/contract/api/tools.ts'
import type {
  KnownToolCall,
  ToolCall,
  ToolEffect,
  ToolProgress,
} from '../../shared/contract/tool.ts'

/** Who calls, and until when. */
export type ToolContext = {
  caller: { id: UserId; admin: boolean }
  /** The same for every try of one call: hand it on where the other side can tell a repetition by it. */
  callId: string
  /** Aborts when the run is stopped or the tool's time is over. */
  signal: AbortSignal
  /** Shows the person how far the call has come; as often as the tool likes, not every step is shown. */
  onProgress?: (progress: ToolProgress) => void
}

export type ApprovalPolicy = 'never' | 'writes' | 'always'

/** A method's type, so that a tool of any input is a `Tool`. */
type ApprovalRule<Input> = { asks(input: Input): boolean }['asks']

/**
 * A tool the model may call.
 *
 * @see defineTool
 */
export type Tool<Name extends string = string, Input = unknown, Output = unknown> = {
  /** Letters, digits, `_` and `-`, at most 64: what every provider takes. */
  name: Name
  /** Written for the model: what the tool does and when to use it. */
  description: string
  input: z.ZodType<Input>
  output: z.ZodType<Output>
  /** What repeating a call does. It decides what happens to a call whose outcome a crash hid. */
  effect: ToolEffect
  /** When a person is asked first: `writes` asks for everything that is not `read`; a function decides by the input. */
  approval: ApprovalPolicy | ApprovalRule<Input>
  /** Does the work. What it throws comes to the model, and to the person, as the call's error message. */
  execute(input: Input, context: ToolContext): Promise<Output>
  /** Who offers it, where it is not this server. */
  source?: ToolCall['source']
  /** JSON Schemas that somebody else wrote, as they are shown in place of those of `input` and `output`. */
  schemas?: { input: Record<string, unknown>; output?: Record<string, unknown> }
  /** The most that it may answer, in UTF-16 units of JSON, where the tool bounds its answers by itself. */
  maxOutputLength?: number
}

/** Thrown by a tool whose call was under way when the other side was lost: it may have happened all the same. */
export class CallLostError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CallLostError'
  }
}

/** Tools that come and go while the server runs, such as those of MCP servers. */
export type ToolSource = {
  /** Those that are there now. */
  tools(): readonly Tool[]
  /** Why a tool of this source is not there, in words for the model and a person; null when it is none of its own. */
  whyAbsent(name: string): string | null
  /** Resolves when the tool is there, or is known not to come soon, or when the signal aborts. */
  untilPresent(name: string, signal: AbortSignal): Promise<void>
  /**
   * Resolves when all tools are there that are about to come after the start, when it has taken too long, or when the
   * signal aborts.
   */
  untilSettled(signal: AbortSignal): Promise<void>
  /** What `untilSettled` did not see come, or still waits for: in words for the model and a person. */
  unsettled(): { isWaiting: boolean; reasons: string[] }
  /** Resolves when these tools are there, as far as they are going to be within a while, or when the signal aborts. */
  untilBack(names: readonly string[], signal: AbortSignal): Promise<void>
  /** Calls the listener whenever tools came, went or changed. Returns what ends that. */
  onChange(listener: () => void): () => void
}

/** A call of a tool, or of any one of several: its name tells the types of its input and output. */
export type CallOf<T> =
  T extends Tool<infer Name, infer Input, infer Output> ? KnownToolCall<Name, Input, Output> : never

/** `error` is written for the model, which is to act on it, and for the person who reads along. */
export type ToolFailure = {
  ok: false
  /** `lost`, `timeout` and `stopped` are of calls that had begun, and may have happened. */
  kind: 'bad-arguments' | 'unknown-tool' | 'timeout' | 'failed' | 'stopped' | 'lost'
  error: string
}

/** How a call ended; `output` is plain JSON that fits the tool's schema. */
export type ToolOutcome = { ok: true; output: unknown } | ToolFailure

export type ParsedCall = { ok: true; tool: Tool; input: unknown } | ToolFailure

/** All tools there are, at each moment. */
export type ToolRegistry = {
  list(): ToolInfo[]
  /** Those that the model is offered. */
  offered(): ToolInfo[]
  /** One of the list. */
  info(name: string): ToolInfo | undefined
  find(name: string): Tool | undefined
  /**
   * What a call that the model wrote asks for: the tool, and the input to record and execute.
   *
   * @param argumentsText JSON, as the model sent it; empty means no arguments
   */
  parse(name: string, argumentsText: string): ParsedCall
  /** Whether a person is to be asked before a call with this input, such as `parse` gave, begins. */
  needsApproval(name: string, input: unknown): boolean
  /**
   * Carries a call out. Never throws: the signal's end, the tool's time and its failures are outcomes. A tool that
   * goes on after its time is left to itself; its late answer is dropped.
   *
   * @param input such as `parse` gave, perhaps recorded since: it is checked again
   */
  execute(name: string, input: unknown, context: ToolContext): Promise<ToolOutcome>
  /** Waits for a tool that is about to come; at once for one that is there, or is not going to be. */
  untilPresent(name: string, signal: AbortSignal): Promise<void>
  /** As of a `ToolSource`. */
  untilSettled: ToolSource['untilSettled']
  unsettled: ToolSource['unsettled']
  /**
   * Waits for tools that a run was offered before.
   *
   * @returns why some are away, in words for the model and a person
   */
  untilBack(names: readonly string[], signal: AbortSignal): Promise<string[]>
  /** Calls the listener whenever tools came, went or changed. Returns what ends that. */
  onChange(listener: () => void): () => void
}
