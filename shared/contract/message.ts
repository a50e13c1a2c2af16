import { z } from 'zod'
import { RunError } from './errors.ts'
import { File } from './file.ts'
import { MessageId, RunId, SessionId } from './ids.ts'
import { Timestamp } from './session.ts'
import { ToolCall } from './tool.ts'

/** The longest text of a user message, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 200_000

/** Kinds of parts that consist of text and grow by chunks. */
export const TextKind = z.enum(['text', 'reasoning', 'refusal'])
export type TextKind = z.infer<typeof TextKind>

export const TextPart = z.object({ type: TextKind, text: z.string() })
export type TextPart = z.infer<typeof TextPart>

export const FilePart = z.object({ type: z.literal('file'), file: File })
export type FilePart = z.infer<typeof FilePart>

export const Part = z.union([
  TextPart,
  FilePart,
  z.object({ type: z.literal('tool'), call: ToolCall }),
])
export type Part<Call = ToolCall> = TextPart | FilePart | { type: 'tool'; call: Call }

export const Usage = z.object({
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  cachedInputTokens: z.number().int().optional(),
  reasoningTokens: z.number().int().optional(),
  /** US dollars; null when the price of the model is unknown. */
  costUsd: z.number().nullable(),
})
export type Usage = z.infer<typeof Usage>

/** The end of a run. */
export const Outcome = z.enum(['completed', 'stopped', 'failed', 'interrupted'])
export type Outcome = z.infer<typeof Outcome>

/** A user message is `queued` or `completed`; an assistant message can have all others. */
export const MessageStatus = z.enum(['queued', 'running', 'waiting', ...Outcome.options])
export type MessageStatus = z.infer<typeof MessageStatus>

/** A person's rating of an answer. */
export const Rating = z.enum(['up', 'down'])
export type Rating = z.infer<typeof Rating>

/** UTF-16 units. */
export const MAX_RATING_COMMENT = 2_000

export const Siblings = z.object({
  /** Counts from 0, in order of creation. */
  index: z.number().int(),
  count: z.number().int(),
  previous: MessageId.nullable(),
  next: MessageId.nullable(),
})
export type Siblings = z.infer<typeof Siblings>

/** The next request to the model, for which a running answer waits. */
export const WaitsFor = z.object({
  /** The reason: the code of the error with which the answer would end otherwise. */
  code: z.string(),
  /** The time of the next request. ISO 8601. */
  until: Timestamp,
  /** The number of the retry, from 1. */
  retry: z.number().int(),
})
export type WaitsFor = z.infer<typeof WaitsFor>

export const Message = z.object({
  id: MessageId,
  sessionId: SessionId,
  parentId: MessageId.nullable(),
  role: z.enum(['user', 'assistant']),
  parts: z.array(Part),
  createdAt: Timestamp,
  /** The run that wrote this message, or that answers it. */
  runId: RunId.nullable(),
  status: MessageStatus,
  siblings: Siblings,
  model: z.string().nullable(),
  usage: Usage.nullable(),
  error: RunError.nullable(),
  /** The reason why a completed answer ended early; absent when the model finished it. */
  finish: z.enum(['length', 'content-filter', 'max-steps']).optional(),
  /** Notes for the user about how the model was asked, for example that it does not support tools; whole sentences. */
  notes: z.array(z.string()).optional(),
  /** Absent without a rating. */
  rating: Rating.optional(),
  ratingComment: z.string().optional(),
  /**
   * For a message that joined the answer before it while that was written: the index of the part before which it is.
   */
  joinedPart: z.number().int().optional(),
  /**
   * For a queued message that joins a running answer at its next step: the answer's run. It is answered next if that run
   * has no further step, also when the run is over already.
   */
  joins: RunId.optional(),
  /** For a running answer that waits to ask its model again; its next event removes it. */
  waitsFor: WaitsFor.optional(),
})
export type Message<Call = ToolCall> = Omit<z.infer<typeof Message>, 'parts'> & {
  parts: Part<Call>[]
}
