import type { UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import { userColumns } from './users.ts'
import type { UserRow } from './users.ts'

/** A valid login and its person. Times are ISO 8601. */
export type LoginRow = {
  loginId: string
  isGuest: boolean | null
  lastSeenAt: string
  expiresAt: string
  row: UserRow
}

/** The login that a token opens, unless it has expired; null when there is none. */
export async function findLogin(db: Db, token: string, now: string): Promise<LoginRow | null> {
  const found = await loginsOfPeople(db)
    .where('auth_sessions.token', '=', token)
    .where('auth_sessions.expires_at', '>', now)
    .executeTakeFirst()
  return found ? toLogin(found) : null
}

/** The valid ones of these logins. */
export async function findLogins(db: Db, ids: readonly string[], now: string): Promise<LoginRow[]> {
  const found = await loginsOfPeople(db)
    .where('auth_sessions.id', 'in', ids)
    .where('auth_sessions.expires_at', '>', now)
    .execute()
  return found.map(toLogin)
}

function loginsOfPeople(db: Db) {
  return db
    .selectFrom('auth_sessions')
    .innerJoin('auth_users', 'auth_users.id', 'auth_sessions.user_id')
    .innerJoin('users', 'users.id', 'auth_users.person_id')
    .select(userColumns.map((column) => `users.${column}` as const))
    .select([
      'auth_sessions.id as loginId',
      'auth_users.is_anonymous as isGuest',
      'auth_sessions.updated_at as lastSeenAt',
      'auth_sessions.expires_at as expiresAt',
    ])
}

function toLogin({ loginId, isGuest, lastSeenAt, expiresAt, ...row }: Found): LoginRow {
  return { loginId, isGuest, lastSeenAt, expiresAt, row }
}

type Found = UserRow & Omit<LoginRow, 'row'>

/** Records that a login was used. */
export async function touchLogin(db: Db, id: string, now: string): Promise<void> {
  await db.updateTable('auth_sessions').set({ updated_at: now }).where('id', '=', id).execute()
}

/** A person's logins, newest first. */
export async function listLogins(db: Db, userId: UserId, now: string) {
  return db
    .selectFrom('auth_sessions')
    .innerJoin('auth_users', 'auth_users.id', 'auth_sessions.user_id')
    .select([
      'auth_sessions.id',
      'auth_sessions.created_at as createdAt',
      'auth_sessions.updated_at as lastSeenAt',
      'auth_sessions.ip_address as address',
      'auth_sessions.user_agent as userAgent',
    ])
    .where('auth_users.person_id', '=', userId)
    .where('auth_sessions.expires_at', '>', now)
    .orderBy('auth_sessions.updated_at', 'desc')
    .execute()
}

/** Ends a login of this person; false when there is none. */
export async function deleteLogin(db: Db, userId: UserId, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('auth_sessions')
    .where('id', '=', id)
    .where(
      'user_id',
      'in',
      db.selectFrom('auth_users').select('id').where('person_id', '=', userId),
    )
    .executeTakeFirst()
  return numDeletedRows > 0n
}
