import type { SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { Share, ShareId, SharedSnapshot } from '../../../shared/contract/share.ts'
import type { Db } from '../../engine/database.ts'

export type NewShare = {
  id: ShareId
  /**
   * Stored in plain text: who can read this table can read the snapshot beside it, and its owner needs the link again.
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
 * @param sessionId limits them to this session
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

/** The snapshot of a token; null when the token is unknown or was revoked, or its person is suspended. */
export async function findShared(db: Db, token: string): Promise<SharedSnapshot | null> {
  const row = await db
    .selectFrom('shares')
    .innerJoin('users', 'users.id', 'shares.user_id')
    .select(['title', 'messages', 'shares.created_at as createdAt'])
    .where('token', '=', token)
    .where('users.account_status', '=', 'active')
    .executeTakeFirst()
  return row ?? null
}

/** Revokes a share at once; null when this person has none with the token, or the id. */
export async function deleteShare(
  db: Db,
  userId: UserId,
  given: { token?: string | undefined; id?: ShareId | undefined },
): Promise<Pick<Share, 'id' | 'token'> | null> {
  const deleted = db.deleteFrom('shares').where('user_id', '=', userId)
  const row = await (
    given.id ? deleted.where('id', '=', given.id) : deleted.where('token', '=', given.token ?? '')
  )
    .returning(['id', 'token'])
    .executeTakeFirst()
  return row ?? null
}
