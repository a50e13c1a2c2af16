import type { Insertable, Selectable } from 'kysely'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import type { UserTable } from '../schema.ts'

export type UserRow = Omit<Selectable<UserTable>, 'deleting_at' | 'pool'>

export const userColumns = [
  'id',
  'name',
  'email',
  'role',
  'account_status',
  'subscription_tier',
  'suspended_at',
  'limits',
  'issuer',
  'subject',
  'created_at',
] as const

/** The user with this id, or null. */
export async function findUser(db: Db, id: UserId): Promise<UserRow | null> {
  const row = await db
    .selectFrom('users')
    .select(userColumns)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/** Creates the user unless it exists, and returns the stored row. */
export async function ensureUser(db: Db, user: Insertable<UserTable>): Promise<UserRow> {
  await db
    .insertInto('users')
    .values(user)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
  return db
    .selectFrom('users')
    .select(userColumns)
    .where('id', '=', user.id)
    .executeTakeFirstOrThrow()
}

/** The fields of a user that the profile tool may return; null when there is no such user. */
export async function findProfile(db: Db, id: UserId) {
  const row = await db
    .selectFrom('users')
    .select([
      'id',
      'name',
      'email',
      'account_status as accountStatus',
      'subscription_tier as subscriptionTier',
      'created_at as createdAt',
    ])
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/** Those of these users that exist. */
export async function findUsers(db: Db, ids: readonly UserId[]): Promise<UserRow[]> {
  return db.selectFrom('users').select(userColumns).where('id', 'in', ids).execute()
}
