import { sql } from 'kysely'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import { messageMatches, messagesOfFiles, sessionMatches } from './search-lookup.ts'
import type { Lookup } from './search-lookup.ts'

/** A matching message, or a session whose title or summary matches (`messageId` is null). */
export type Match = { sessionId: SessionId; messageId: MessageId | null; rank: number }

/**
 * Only this many of the newest matches are ranked; otherwise a very common word would take as long as reading every
 * message.
 */
const MAX_RANKED = 500

/** The newest matches among a person's messages and sessions, unordered; a higher `rank` is better. */
export async function findMatches(db: Db, userId: UserId, lookup: Lookup): Promise<Match[]> {
  const rank =
    lookup.kind === 'words'
      ? // 1: long texts have more of every word.
        sql`ts_rank(search_words, ${lookup.tsquery}::tsquery, 1)`
      : sql`0.01`
  const { rows } = await sql<Match>`
    select session_id as "sessionId", id as "messageId", max((${rank})::float8) as rank from (
      (select id, session_id, search_words from messages where ${messageMatches(userId, lookup)}
      order by created_at desc limit ${MAX_RANKED})
      union all
      (select id, session_id, search_words from ${messagesOfFiles(userId, lookup)} as of_files
      order by created_at desc limit ${MAX_RANKED})
    ) as newest_messages
    group by session_id, id
    union all
    select id, null, (${rank})::float8 from (
      select id, search_words from sessions where ${sessionMatches(userId, lookup)}
      order by updated_at desc limit ${MAX_RANKED}
    ) as newest_sessions`.execute(db)
  return rows
}

export type FoundText = {
  sessionId: SessionId
  messageId: MessageId | null
  title: string | null
  /** The text of the message, or the summary of the session. */
  text: string
  at: string
}

/** The texts of a message's files, to be appended to the message's own text. */
function textsOfFiles(userId: UserId) {
  return sql`(
    select string_agg(left(file_contents.text, 100000), E'\n' order by files.id)
    from message_files join files on files.id = message_files.file_id join file_contents using (sha256)
    where message_files.message_id = messages.id and files.user_id = ${userId})`
}

/**
 * The texts of matches, for display, unordered; deleted ones and sessions that are still being imported are left out.
 */
export async function readFoundTexts(
  db: Db,
  userId: UserId,
  matches: readonly Pick<Match, 'sessionId' | 'messageId'>[],
): Promise<FoundText[]> {
  const messageIds = matches.flatMap(({ messageId }) => messageId ?? [])
  const sessionIds = matches.flatMap(({ messageId, sessionId }) => (messageId ? [] : [sessionId]))
  const { rows } = await sql<FoundText>`
    select sessions.id as "sessionId", messages.id as "messageId", title,
      left(concat_ws(E'\n', messages.text, ${textsOfFiles(userId)}), 200000) as text, messages.created_at as at
    from messages join sessions on sessions.id = session_id
    where messages.user_id = ${userId} and sessions.user_id = ${userId} and messages.id = any(${messageIds}::uuid[])
    union all
    select id, null, title, coalesce(left(summary, 100000), ''), updated_at
    from sessions where user_id = ${userId} and id = any(${sessionIds}::uuid[])`.execute(db)
  return rows
}
