import { z } from 'zod'
import { FileId, MessageId, RunId, SessionId } from '../ids.ts'
import { MAX_RATING_COMMENT, MAX_TEXT_LENGTH, Message, Rating } from '../message.ts'
import { RunOptions } from '../run-options.ts'
import { noNul } from '../storable.ts'
import { group, mutation, query } from './declare.ts'

const Text = z
  .string()
  .max(
    MAX_TEXT_LENGTH,
    `A message may have ${MAX_TEXT_LENGTH.toLocaleString('en')} characters at most.`,
  )

const Files = z
  .array(FileId)
  .max(100)
  .refine((ids) => new Set(ids).size === ids.length, 'A file is in a message once.')

/** A message says something, or brings files along. */
const SAYS_NOTHING = { path: ['text'], error: 'A message needs some text.' }

function saysSomething({ text, files }: { text: string; files?: FileId[] | undefined }): boolean {
  return text.replaceAll('\0', '').trim() !== '' || (files !== undefined && files.length > 0)
}

const Model = z.string().trim().min(1).max(200).check(noNul)

const Sent = z.object({ messageId: MessageId, runId: RunId })

export const messages = group('messages', {
  list: query({
    rest: 'GET /session/{sessionId}/messages',
    summary: 'List the messages of the active branch',
    isLong: true,
    input: z.object({
      sessionId: SessionId,
      before: MessageId.optional(),
      limit: z.coerce.number<number>().int().min(1).max(200).default(50),
    }),
    described: z.object({ messages: z.array(Message), hasOlder: z.boolean() }),
  }),

  send: mutation({
    rest: 'POST /session/{sessionId}/messages',
    summary: 'Send a message and start its answer',
    input: z
      .object({
        sessionId: SessionId,
        /** Chosen by the client; the same id with the same text is the same send. */
        id: MessageId.optional(),
        text: Text,
        /** Files of the caller's that belong to the message. */
        files: Files.optional(),
        /** The message that this one answers; the newest of the active branch when absent. */
        parentId: MessageId.optional(),
        /** The behaviour while an answer runs. */
        whenBusy: z.enum(['queue', 'interrupt', 'reject', 'steer']).default('queue'),
        /** The model of this answer; the session's when absent. */
        model: Model.optional(),
        ...RunOptions.shape,
        /**
         * The log keeps this answer token by token after it ended, for readers that number its events; `false`: for the minute
         * after its end at the most, also when such readers come.
         */
        keepChunks: z.boolean().optional(),
      })
      .refine(saysSomething, SAYS_NOTHING),
    output: Sent,
    repeat: 'id',
  }),

  /** Answers a message anew under another text, beside the old one; one that waits is changed where it is. */
  edit: mutation({
    rest: 'POST /message/{id}/edit',
    summary: 'Edit a message and answer it anew',
    input: z.object({
      id: MessageId,
      /** The id of the message that takes the edited one's place; one that waits keeps its own. */
      newId: MessageId.optional(),
      text: Text,
      /** In place of the files that the message has; these stay when it is left out. */
      files: Files.optional(),
      /** Refuses instead when the message does not wait any more. */
      onlyQueued: z.boolean().optional(),
    }),
    output: Sent,
    repeat: 'newId',
  }),

  /** Answers a question anew, beside the old answer. */
  regenerate: mutation({
    rest: 'POST /message/{id}/regenerate',
    summary: 'Answer anew',
    input: z.object({
      id: MessageId,
      /** The id of the new answer; the same one again is the same command. */
      newId: MessageId.optional(),
      /** The model to ask this time; the session's when absent. */
      model: Model.optional(),
    }),
    output: Sent,
    repeat: 'newId',
  }),

  /** Goes on with an answer that was cut, in the same message. */
  continue: mutation({
    rest: 'POST /message/{id}/continue',
    summary: 'Go on with an answer that was cut',
    input: z.object({ id: MessageId }),
    output: Sent,
  }),

  /** Keeps what a person thinks of an answer, in place of what they thought before; null takes it back. */
  rate: mutation({
    rest: 'POST /message/{id}/rating',
    summary: 'Rate an answer',
    input: z.object({
      id: MessageId,
      rating: Rating.nullable(),
      comment: z.string().trim().max(MAX_RATING_COMMENT).check(noNul).optional(),
    }),
    described: Message,
    repeat: true,
  }),

  select: mutation({
    rest: 'POST /message/{id}/select',
    summary: 'Make the branch of a message the active one',
    input: z.object({ id: MessageId }),
    output: z.object({ id: MessageId }),
    repeat: true,
  }),

  unqueue: mutation({
    rest: 'POST /message/{id}/unqueue',
    summary: 'Take back a message that still waits',
    input: z.object({ id: MessageId }),
    output: z.object({ id: MessageId }),
  }),
})

export const runs = group('runs', {
  stop: mutation({
    rest: 'POST /session/{sessionId}/stop',
    summary: 'Stop the running answer',
    input: z.object({
      sessionId: SessionId,
      /** Only this run, and none that was started meanwhile. */
      runId: RunId.optional(),
      clearQueue: z.boolean().default(false),
    }),
    output: z.object({ stopped: z.boolean() }),
    repeat: true,
  }),
})
