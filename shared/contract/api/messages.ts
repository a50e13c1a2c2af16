import { z } from 'zod'
import { ExportedMessage } from '../export.ts'
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

/** A message needs some text or a file. */
const SAYS_NOTHING = { path: ['text'], error: 'A message needs some text.' }

type Said = { text: string; files?: FileId[] | undefined }

export function saysSomething({ text, files }: Said): boolean {
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
        /** Chosen by the client. A repetition with the same id and text is the same send. */
        id: MessageId.optional(),
        text: Text,
        /** Files of the caller that the message has. */
        files: Files.optional(),
        /** The parent of this message; the newest message of the active branch when absent. */
        parentId: MessageId.optional(),
        /** The behaviour while an answer runs. */
        whenBusy: z.enum(['queue', 'interrupt', 'reject', 'steer']).default('queue'),
        /** The model of this answer; the session's when absent. */
        model: Model.optional(),
        ...RunOptions.shape,
        /**
         * `true` keeps the answer's chunks unmerged in the log after its end, for readers that number its events.
         * `false` keeps them for at most a minute after its end, even when such a reader connects.
         */
        keepChunks: z.boolean().optional(),
      })
      .refine(saysSomething, SAYS_NOTHING),
    output: Sent,
    repeat: 'id',
  }),

  /**
   * Adds messages from elsewhere to the end of the active branch. None of them is answered, and no call in them carried
   * out.
   */
  append: mutation({
    rest: 'POST /session/{sessionId}/messages/append',
    summary: 'Add messages that were said elsewhere',
    input: z.object({
      sessionId: SessionId,
      /** As in an export, each the child of the one before it; the first one has no parent. */
      messages: z.array(ExportedMessage).min(1).max(1_000),
    }),
    output: z.object({ messageIds: z.array(MessageId) }),
  }),

  /** Answers a message again with another text, as a sibling; a queued message is changed in place. */
  edit: mutation({
    rest: 'POST /message/{id}/edit',
    summary: 'Edit a message and answer it anew',
    input: z.object({
      id: MessageId,
      /** The id of the new message; a queued one keeps its own. */
      newId: MessageId.optional(),
      text: Text,
      /** Replaces the message's files; they stay when absent. */
      files: Files.optional(),
      /** True refuses the edit when the message is not queued any more. */
      onlyQueued: z.boolean().optional(),
    }),
    output: Sent,
    repeat: 'newId',
  }),

  /** Answers a question again, with a sibling of the old answer. */
  regenerate: mutation({
    rest: 'POST /message/{id}/regenerate',
    summary: 'Answer anew',
    input: z.object({
      id: MessageId,
      /** The id of the new answer. A repetition with the same id is the same command. */
      newId: MessageId.optional(),
      /** The model of this answer; the session's when absent. */
      model: Model.optional(),
    }),
    output: Sent,
    repeat: 'newId',
  }),

  /** Continues a cut answer in the same message. */
  continue: mutation({
    rest: 'POST /message/{id}/continue',
    summary: 'Go on with an answer that was cut',
    input: z.object({ id: MessageId }),
    output: Sent,
  }),

  /** Stores a person's rating of an answer in place of an earlier one; null removes it. */
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
      /** Stops only this run, and not one that started meanwhile. */
      runId: RunId.optional(),
      clearQueue: z.boolean().default(false),
    }),
    output: z.object({ stopped: z.boolean() }),
    repeat: true,
  }),
})
