import { z } from 'zod'
import { RunError } from './errors.ts'
import { File } from './file.ts'
import { FilePart, MAX_RATING_COMMENT, Outcome, Rating, TextPart, Usage } from './message.ts'
import { noNul } from './storable.ts'
import { Session, Tags, Timestamp } from './session.ts'
import { ToolCall } from './tool.ts'

/** Limits of one file. The request's body limit bounds its total size. */
export const EXPORT_LIMITS = {
  sessions: 10_000,
  messages: 100_000,
  parts: 5_000,
  steps: 1_000,
  text: 4_000_000,
  /**
   * The limit of a session's summary, and of its instructions, in UTF-16 units: every event about the session contains
   * them.
   */
  ofSession: 50_000,
  /** The deepest nesting of arrays and objects in a call's input and output. */
  depth: 200,
}

/** The id of a message within its session in the file; an import assigns a new id. */
const LocalId = z.string().min(1).max(100)

function plainText(max: number) {
  return z.string().max(max).check(noNul)
}

/** Postgres has no year 0, and no conversation is from before 1900. */
const Moment = Timestamp.refine((text) => text >= '1900', 'must not be before the year 1900')

const Json = z
  .unknown()
  .refine(isShallow, `must not be nested deeper than ${EXPORT_LIMITS.depth} levels`)

/** A call without progress: one without a result at the time of the export is `failed` or `unknown`. */
export const ExportedCall = z.object({
  name: plainText(500),
  source: ToolCall.shape.source.refine((source) => plainText(500).safeParse(source).success),
  effect: ToolCall.shape.effect,
  status: z.enum(['completed', 'failed', 'denied', 'unknown']),
  input: Json,
  output: Json.optional(),
  error: plainText(EXPORT_LIMITS.text).optional(),
  startedAt: Moment.optional(),
  durationMs: z.number().int().min(0).optional(),
  files: z.array(File).max(100).optional(),
  fileNotes: z.array(plainText(1_000)).max(100).optional(),
  /** The step of the run that made the call. */
  step: z.number().int().min(0),
  /** The provider's id of the call, and the arguments as the model wrote them. */
  providerId: plainText(1_000),
  arguments: plainText(EXPORT_LIMITS.text),
})
export type ExportedCall = z.infer<typeof ExportedCall>

export const ExportedPart = z.discriminatedUnion('type', [
  TextPart.extend({ text: z.string().max(EXPORT_LIMITS.text) }),
  FilePart,
  z.object({ type: z.literal('tool'), call: ExportedCall }),
])
export type ExportedPart = z.infer<typeof ExportedPart>

/** The steps of an answer, which the model is shown when the conversation continues. */
export const ExportedRun = z.object({
  finish: z.enum(['stop', 'length', 'content-filter', 'max-steps']).nullable(),
  startedAt: Moment.nullable(),
  endedAt: Moment.nullable(),
  /** The finished model calls, in order. */
  steps: z
    .array(
      z.object({
        step: z.number().int().min(0).max(1_000_000),
        /** The number of parts in the message after this step's text and calls. */
        partsEnd: z.number().int().min(0),
        model: plainText(500),
        finish: plainText(100),
        usage: Usage.omit({ costUsd: true }).nullable(),
      }),
    )
    .max(EXPORT_LIMITS.steps),
})
export type ExportedRun = z.infer<typeof ExportedRun>

const common = {
  id: LocalId,
  /** The parent message; null for the first message. */
  parentId: LocalId.nullable(),
  createdAt: Moment,
  parts: z.array(ExportedPart).max(EXPORT_LIMITS.parts),
}

export const ExportedMessage = z.discriminatedUnion('role', [
  z.object({
    ...common,
    role: z.literal('user'),
    /** For a message that joined the answer before it: the index of the answer's part before which it is. */
    joinedPart: z.number().int().min(0).optional(),
  }),
  z.object({
    ...common,
    role: z.literal('assistant'),
    /** An unfinished answer is exported as `interrupted`, with its text so far. */
    status: Outcome,
    model: plainText(500).nullable(),
    usage: Usage.nullable(),
    error: RunError.nullable(),
    run: ExportedRun.nullable(),
    rating: Rating.optional(),
    ratingComment: plainText(MAX_RATING_COMMENT).optional(),
  }),
])
export type ExportedMessage = z.infer<typeof ExportedMessage>

export const ExportedSession = z.object({
  id: LocalId,
  title: plainText(2_000).nullable(),
  titleSource: z.enum(['person', 'model', 'rule']).nullable(),
  summary: plainText(EXPORT_LIMITS.ofSession).nullable(),
  status: Session.shape.status,
  model: plainText(500).nullable(),
  systemPrompt: plainText(EXPORT_LIMITS.ofSession).nullable(),
  pinned: z.boolean(),
  archived: z.boolean(),
  tags: Tags.optional(),
  createdAt: Moment,
  updatedAt: Moment,
  endedAt: Moment.nullable(),
  durationMs: z.number().int().min(0).nullable(),
  /** The newest message of the active branch. */
  activeLeaf: LocalId.nullable(),
  /** The whole tree; siblings in order of creation. */
  messages: z.array(ExportedMessage).max(EXPORT_LIMITS.messages),
})
export type ExportedSession = z.infer<typeof ExportedSession>

/** The file that `sessions.export` writes as JSON and `sessions.import` reads; docs/export-format.md describes it. */
export const ExportFile = z.object({
  format: z.literal('throughline'),
  version: z.literal(1),
  exportedAt: Moment,
  sessions: z.array(ExportedSession).max(EXPORT_LIMITS.sessions),
})
export type ExportFile = z.infer<typeof ExportFile>

function isShallow(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > EXPORT_LIMITS.depth) {
      return false
    }
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? Object.values(item) : [],
    )
  }
  return true
}
