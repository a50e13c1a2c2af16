import type { Insertable } from 'kysely'
import type { KeyId, UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import type { ApiKeyTable } from '../schema-accounts.ts'
import { userColumns } from './users.ts'
import type { UserRow } from './users.ts'

const columns = [
  'id',
  'name',
  'prefix',
  'scope',
  'usd_per_day as usdPerDay',
  'created_at as createdAt',
  'expires_at as expiresAt',
  'last_used_at as lastUsedAt',
] as const

/** A valid key and its owner. */
export type KeyRow = {
  keyId: KeyId
  scope: 'read' | 'write'
  lastUsedAt: string | null
  row: UserRow
}

export async function insertKey(db: Db, key: Insertable<ApiKeyTable>): Promise<void> {
  await db.insertInto('api_keys').values(key).execute()
}

/** The keys of a person that were not revoked, newest first. */
export async function listKeys(db: Db, userId: UserId) {
  return db
    .selectFrom('api_keys')
    .select(columns)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** Revokes a key of this person; false when there is no valid one. */
export async function revokeKey(db: Db, userId: UserId, id: KeyId, now: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** The key with this hash, unless it was revoked or has expired; null when there is none. */
export async function findKey(db: Db, hash: string, now: string): Promise<KeyRow | null> {
  const found = await keysOfPeople(db, now).where('api_keys.hash', '=', hash).executeTakeFirst()
  return found ? toKey(found) : null
}

/** The valid ones of these keys. */
export async function findKeys(db: Db, ids: readonly KeyId[], now: string): Promise<KeyRow[]> {
  const found = await keysOfPeople(db, now).where('api_keys.id', 'in', ids).execute()
  return found.map(toKey)
}

function keysOfPeople(db: Db, now: string) {
  return db
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .select(userColumns.map((column) => `users.${column}` as const))
    .select(['api_keys.id as keyId', 'api_keys.scope', 'api_keys.last_used_at as lastUsedAt'])
    .where('api_keys.revoked_at', 'is', null)
    .where((is) =>
      is.or([is('api_keys.expires_at', 'is', null), is('api_keys.expires_at', '>', now)]),
    )
}

function toKey({ keyId, scope, lastUsedAt, ...row }: UserRow & Omit<KeyRow, 'row'>): KeyRow {
  return { keyId, scope, lastUsedAt, row }
}

/** Records that a key was used. */
export async function touchKey(db: Db, id: KeyId, now: string): Promise<void> {
  await db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', id).execute()
}
