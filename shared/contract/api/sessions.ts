import type { TrackedEnvelope } from '@trpc/server'
import { z } from 'zod'
import type { SessionEvent } from '../events.ts'
import { MessageId, ProjectId, SessionId } from '../ids.ts'
import { Message } from '../message.ts'
import { noNul } from '../storable.ts'
import { Session, Tag, Tags } from '../session.ts'
import { Share, ShareId, ShareToken, SharedSnapshot } from '../share.ts'
import { ToolsOff } from './belongings.ts'
import { group, mutation, query, subscription } from './declare.ts'

const Title = z.string().trim().min(1).max(200).check(noNul)
const Model = z.string().trim().min(1).max(200).check(noNul)
const SystemPrompt = z.string().max(50_000).check(noNul)
const SearchText = z.string().trim().max(500)

/** A hit of a search. */
export const SearchHit = z.object({
  sessionId: SessionId,
  /** The message with the match, which may be on another branch; null when title or summary matches. */
  messageId: MessageId.nullable(),
  /** The title of the session. */
  title: z.string().nullable(),
  /** An excerpt of the message, the summary or the title: plain text on one line, without markup. */
  snippet: z.string(),
  /** The matches in `snippet`: offsets in UTF-16 units, `end` exclusive, in order. */
  highlights: z.array(z.object({ start: z.number().int(), end: z.number().int() })),
  /** Higher is better; only hits of one answer can be compared. */
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
        /** Names of tools that the model does not get in this session. */
        toolsOff: ToolsOff.nullish(),
        /** True deletes the session when it closes, that is, when nobody reads it any more. */
        temporary: z.boolean().optional(),
        /** True makes it an archived one: it stands in no list that does not ask for those. */
        archived: z.boolean().optional(),
        /** True refuses the id of a deleted session (`NOT_FOUND`); otherwise a new session begins under it. */
        unlessDeleted: z.boolean().optional(),
      })
      .prefault({}),
    output: Session,
    repeat: 'id',
  }),

  /** Makes a session of the branch up to a message, with the same model and system prompt. */
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
        /** Only sessions of this project. */
        projectId: ProjectId.optional(),
        /** Only sessions with this tag. */
        tag: Tag.optional(),
      })
      .prefault({}),
    output: z.object({ items: z.array(Session), nextCursor: z.string().nullable() }),
  }),

  /** The tags of sessions that are not archived, by name, each with the number of its sessions. */
  tags: query({
    rest: 'GET /session/tags',
    summary: 'List the tags of the sessions',
    output: z.array(z.object({ name: z.string(), sessions: z.number().int() })),
  }),

  /**
   * Full-text search, in which the last word matches by its beginning. Without hits it searches for the text as a part
   * of words, and then for words with a similar spelling. At most three messages of a session, the best first.
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

  /** The session with the messages of its active branch, for clients without a watch. */
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
      /** All tags of the session from now on; duplicates are removed. */
      tags: Tags.optional(),
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

  /** A session as a file. */
  export: query({
    rest: 'GET /session/{id}/export',
    summary: 'Download a session as JSON or Markdown',
    isLong: true,
    input: z.object({ id: SessionId, format: z.enum(['json', 'markdown']).default('json') }),
    output: z.object({ name: z.string(), mimeType: z.string(), content: z.string() }),
    file: 'download',
  }),

  /** Adds the sessions of a file, in this project's format or ChatGPT's: all of them or none. */
  import: mutation({
    rest: 'POST /session/import',
    summary: 'Import sessions, ours or ChatGPT’s',
    input: z.object({ data: z.unknown() }),
    output: z.object({ sessions: z.array(Session) }),
    file: 'upload',
  }),

  /** The session's log after a cursor, as tracked events with their `seq`. */
  watch: subscription({
    input: z.object({ id: SessionId, lastEventId: z.union([z.string(), z.number()]).nullish() }),
    events: z.custom<AsyncIterable<TrackedEnvelope<SessionEvent>>>(),
  }),

  /** Changes of the caller's list of sessions. */
  changes: subscription({}),
})

/** One that no share has is like one of a share that ended. */
const GivenToken = z.string().min(1).max(200).check(noNul)
const NAMES_ONE = 'needs either the token of a share or its id'

export const shares = group('shares', {
  /** Shares the active branch as it is now, without later messages. */
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

  /** Ends a share, by its token or its id: its token shows nothing from then on. */
  revoke: mutation({
    rest: 'DELETE /share/{token}',
    summary: 'End a share',
    input: z
      .object({ token: GivenToken.optional(), id: ShareId.optional() })
      .refine(({ token, id }) => (token === undefined) !== (id === undefined), NAMES_ONE),
    output: z.object({ id: ShareId, token: ShareToken }),
  }),

  /** The snapshot of a token, for everybody. */
  get: query({
    rest: 'GET /share/{token}',
    summary: 'Read a shared snapshot',
    isLong: true,
    input: z.object({ token: GivenToken }),
    output: SharedSnapshot,
    access: 'anyone',
  }),
})
