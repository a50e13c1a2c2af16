import type { TrackedEnvelope } from '@trpc/server'
import { z } from 'zod'
import type { SessionEvent } from '../events.ts'
import { MessageId, ProjectId, SessionId } from '../ids.ts'
import { Message } from '../message.ts'
import { noNul } from '../storable.ts'
import { Session } from '../session.ts'
import { Share, ShareToken, SharedSnapshot } from '../share.ts'
import { ToolsOff } from './belongings.ts'
import { group, mutation, query, subscription } from './declare.ts'

const Title = z.string().trim().min(1).max(200).check(noNul)
const Model = z.string().trim().min(1).max(200).check(noNul)
const SystemPrompt = z.string().max(50_000).check(noNul)
const SearchText = z.string().trim().max(500)

/** A place that a search found. */
export const SearchHit = z.object({
  sessionId: SessionId,
  /** The message to go to, which may be on a branch that is not the active one; null when title or summary matches. */
  messageId: MessageId.nullable(),
  /** Of the session. */
  title: z.string().nullable(),
  /** A stretch of the message, the summary or the title: plain text on one line, nothing in it is markup. */
  snippet: z.string(),
  /** The matches in `snippet`: offsets in UTF-16 units, `end` exclusive, in order. */
  highlights: z.array(z.object({ start: z.number().int(), end: z.number().int() })),
  /** Higher fits better; comparable within one answer only. */
  rank: z.number(),
})
export type SearchHit = z.infer<typeof SearchHit>

export const sessions = group('sessions', {
  create: mutation({
    rest: 'POST /session',
    summary: 'Create a session',
    input: z
      .object({
        id: SessionId.optional(),
        title: Title.nullish(),
        model: Model.nullish(),
        systemPrompt: SystemPrompt.nullish(),
        projectId: ProjectId.nullish(),
        /** Tools that the model is not offered in it. */
        toolsOff: ToolsOff.nullish(),
        /** True deletes it when it closes: when nobody reads it any more. */
        temporary: z.boolean().optional(),
        /** True refuses the id of a deleted session (`NOT_FOUND`); otherwise a new session begins under it. */
        unlessDeleted: z.boolean().optional(),
      })
      .prefault({}),
    output: Session,
    repeat: 'id',
  }),

  /** Makes a session of the branch up to a message, with the same model and instructions. */
  fork: mutation({
    rest: 'POST /message/{messageId}/fork',
    summary: 'Fork a session at a message',
    input: z.object({ messageId: MessageId, id: SessionId.optional() }),
    output: Session,
    repeat: 'id',
  }),

  list: query({
    rest: 'GET /session',
    summary: 'List the sessions, newest activity first',
    input: z
      .object({
        cursor: z.string().max(200).nullish(),
        limit: z.coerce.number<number>().int().min(1).max(100).default(50),
        search: SearchText.optional(),
        archived: z.boolean().default(false),
        /** Only those in it. */
        projectId: ProjectId.optional(),
      })
      .prefault({}),
    output: z.object({ items: z.array(Session), nextCursor: z.string().nullable() }),
  }),

  /**
   * Finds words, the last of them also by its beginning; where there are none, any part of a text; and where there is
   * none either, words spelled alike. At most three messages of a session, the best first.
   */
  search: query({
    rest: 'GET /session/search',
    summary: 'Search titles, summaries and messages',
    input: z.object({
      query: SearchText.min(1),
      limit: z.coerce.number<number>().int().min(1).max(50).default(20),
    }),
    output: z.array(SearchHit),
  }),

  get: query({
    rest: 'GET /session/{id}/details',
    summary: 'Read a session without its messages',
    input: z.object({ id: SessionId }),
    output: Session,
  }),

  /** The session with the messages of its active branch, for those who do not watch. */
  read: query({
    rest: 'GET /session/{id}',
    summary: 'Read a session with its messages',
    isLong: true,
    input: z.object({ id: SessionId }),
    described: Session.extend({ messages: z.array(Message), hasOlder: z.boolean() }),
  }),

  update: mutation({
    rest: 'PATCH /session/{id}',
    summary: 'Change a session',
    input: z.object({
      id: SessionId,
      title: Title.nullish(),
      pinned: z.boolean().optional(),
      archived: z.boolean().optional(),
      model: Model.nullish(),
      systemPrompt: SystemPrompt.nullish(),
      projectId: ProjectId.nullish(),
      toolsOff: ToolsOff.nullish(),
    }),
    output: Session,
    repeat: true,
  }),

  delete: mutation({
    rest: 'DELETE /session/{id}',
    summary: 'Delete a session with all its messages',
    input: z.object({ id: SessionId }),
    output: z.object({ id: SessionId }),
  }),

  log: query({
    rest: 'GET /session/{id}/log',
    summary: 'Read the event log of a session',
    isLong: true,
    input: z.object({
      id: SessionId,
      after: z.coerce.number<number>().int().min(0).default(0),
      limit: z.coerce.number<number>().int().min(1).max(1000).default(500),
    }),
    described: z.object({
      events: z.array(
        z.object({
          seq: z.number().int(),
          at: z.iso.datetime(),
          event: z.looseObject({ type: z.string() }),
        }),
      ),
      nextAfter: z.number().int().nullable(),
    }),
  }),

  /** A session as a file to keep. */
  export: query({
    rest: 'GET /session/{id}/export',
    summary: 'Download a session as JSON or Markdown',
    isLong: true,
    input: z.object({ id: SessionId, format: z.enum(['json', 'markdown']).default('json') }),
    output: z.object({ name: z.string(), mimeType: z.string(), content: z.string() }),
    file: 'download',
  }),

  /** Adds the sessions of a file, ours or ChatGPT's, to what is there: all of them or none. */
  import: mutation({
    rest: 'POST /session/import',
    summary: 'Import sessions, ours or ChatGPT’s',
    input: z.object({ data: z.unknown() }),
    output: z.object({ sessions: z.array(Session) }),
    file: 'upload',
  }),

  /** The session's log from a place on, as events that are tracked by their place. */
  watch: subscription({
    input: z.object({ id: SessionId, lastEventId: z.string().nullish() }),
    events: z.custom<AsyncIterable<TrackedEnvelope<SessionEvent>>>(),
  }),

  /** Changes of the caller's list. */
  changes: subscription({}),
})

export const shares = group('shares', {
  /** Shares the active branch as it is now; what is said later is not in it. */
  create: mutation({
    rest: 'POST /share',
    summary: 'Share a snapshot of a session',
    input: z.object({ sessionId: SessionId }),
    output: Share,
  }),

  list: query({
    rest: 'GET /share',
    summary: 'List the shares',
    input: z.object({ sessionId: SessionId.optional() }).prefault({}),
    output: z.object({ shares: z.array(Share) }),
  }),

  /** Ends a share: its token shows nothing from here on. */
  revoke: mutation({
    rest: 'DELETE /share/{token}',
    summary: 'End a share',
    input: z.object({ token: ShareToken }),
    output: z.object({ token: ShareToken }),
  }),

  /** The share of a token, for anybody. */
  get: query({
    rest: 'GET /share/{token}',
    summary: 'Read a shared snapshot',
    isLong: true,
    input: z.object({ token: ShareToken }),
    output: SharedSnapshot,
    access: 'anyone',
  }),
})
