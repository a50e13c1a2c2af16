import { sql } from 'kysely'
import type { ProjectId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import type { Db } from '../../engine/database.ts'
import { messageMatches, messagesOfFiles, sessionMatches } from './search-lookup.ts'
import type { Lookup } from './search-lookup.ts'
import { sessionColumns, shown } from './session-columns.ts'

type SessionPage = {
  userId: UserId
  limit: number
  archived: boolean
  projectId?: ProjectId | undefined
  tag?: string | undefined
  /** Keeps only sessions with a match in the title, the summary, a message or its files; all when absent. */
  lookup?: Lookup | undefined
  /** The last session of the previous page. */
  after?: { updatedAt: string; id: SessionId } | undefined
}

/** A person's sessions, most recently active first. */
export async function listSessions(db: Db, page: SessionPage): Promise<Session[]> {
  let query = db
    .selectFrom('sessions')
    .select(sessionColumns)
    .where('user_id', '=', page.userId)
    .where('archived', '=', page.archived)
  const { after, lookup, projectId, tag } = page
  if (projectId) {
    query = query.where('project_id', '=', projectId)
  }
  if (tag !== undefined) {
    query = query.where(sql<boolean>`tags <> '{}' and ${tag} = any(tags)`)
  }
  if (after) {
    query = query.where(sql<boolean>`(updated_at, sessions.id) < (${after.updatedAt}, ${after.id})`)
  }
  if (lookup) {
    query = query.where(
      sql<boolean>`(${sessionMatches(page.userId, lookup)}
        or sessions.id in (select session_id from messages where ${messageMatches(page.userId, lookup)})
        or sessions.id in (select session_id from ${messagesOfFiles(page.userId, lookup)} as of_files))`,
    )
  }
  const rows = await query
    .orderBy('updated_at', 'desc')
    .orderBy('sessions.id', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map(shown)
}
