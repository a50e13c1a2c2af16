import type { z } from 'zod'
import type { UserId } from '../../shared/contract/ids.ts'
import type { ToolEffect } from '../../shared/contract/tool.ts'

/** Who calls, and until when. */
export type ToolContext = {
  caller: { id: UserId; admin: boolean }
  /** The same for every try of one call: hand it on where the other side can tell a repetition by it. */
  callId: string
  /** Aborts when the run is stopped or the tool's time is over. */
  signal: AbortSignal
}

export type ApprovalPolicy = 'never' | 'writes' | 'always'

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
  /** When a person is asked first: `writes` asks for everything that is not `read`. */
  approval: ApprovalPolicy
  /** Does the work. What it throws comes to the model, and to the person, as the call's error message. */
  execute(input: Input, context: ToolContext): Promise<Output>
}
