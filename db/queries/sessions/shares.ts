import type { SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { Share, ShareId, SharedSnapshot } from '../../../shared/contract/share.ts'
import type { Db } from '../../engine/database.ts'

export type NewShare = {
  id: ShareId
  /**
   * Stored in plain text: whoever can read this table can read the snapshot beside it, and its owner needs the link
   * again.
   */
  token: string
  sessionId: SessionId
  userId: UserId
  title: string | null
  messages: readonly Message[]
  createdAt: string
}

export async function insertShare(db: Db, share: NewShare): Promise<void> {
  await db
    .insertInto('shares')
    .values({
      id: share.id,
      token: share.token,
      session_id: share.sessionId,
      user_id: share.userId,
      title: share.title,
      messages: JSON.stringify(share.messages),
      created_at: share.createdAt,
    })
    .execute()
}

/** The number of a person's shares. */
export async function countShares(db: Db, userId: UserId): Promise<number> {
  const { count } = await db
    .selectFrom('shares')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/**
 * A person's shares, newest first.
 *
 * @param sessionId only those of this session
 */
export async function listShares(
  db: Db,
  userId: UserId,
  sessionId: SessionId | null,
): Promise<Share[]> {
  let query = db
    .selectFrom('shares')
    .select(['id', 'token', 'session_id as sessionId', 'title', 'created_at as createdAt'])
    .where('user_id', '=', userId)
  if (sessionId) {
    query = query.where('session_id', '=', sessionId)
  }
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').execute()
}

/** The snapshot of a token; null when the token is unknown or was revoked. */
export async function findShared(db: Db, token: string): Promise<SharedSnapshot | null> {
  const row = await db
    .selectFrom('shares')
    .select(['title', 'messages', 'created_at as createdAt'])
    .where('token', '=', token)
    .executeTakeFirst()
  return row ?? null
}

/** Revokes a share at once; false when this person has none with the token. */
export async function deleteShare(db: Db, userId: UserId, token: string): Promise<ShareId | null> {
  const row = await db
    .deleteFrom('shares')
    .where('user_id', '=', userId)
    .where('token', '=', token)
    .returning('id')
    .executeTakeFirst()
  return row?.id ?? null
}
