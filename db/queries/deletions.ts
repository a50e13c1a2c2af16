import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import { userColumns } from './users.ts'
import type { UserRow } from './users.ts'

/**
 * Ends every way in which a person signs in, and marks the person as being deleted.
 *
 * @returns null when there is no such person
 */
export async function beginDeletion(
  transaction: Db,
  id: UserId,
  now: string,
): Promise<UserRow | 'last-admin' | null> {
  const others = await lockOtherAdmins(transaction, id)
  const person = await transaction
    .selectFrom('users')
    .select([...userColumns, 'deleting_at'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!person) return null
  if (person.role === 'admin' && person.deleting_at === null && others === 0) return 'last-admin'
  await transaction
    .updateTable('users')
    .set({ account_status: 'suspended', suspended_at: now, deleting_at: now })
    .where('id', '=', id)
    .execute()
  await transaction.deleteFrom('auth_users').where('person_id', '=', id).execute()
  await transaction.deleteFrom('api_keys').where('user_id', '=', id).execute()
  return person
}

/**
 * The number of other administrators who are not suspended. Their rows are locked until this transaction ends, so that
 * of the last two only one can be deleted.
 */
export async function lockOtherAdmins(transaction: Db, id: UserId): Promise<number> {
  const admins = await transaction
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('account_status', '=', 'active')
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return admins.filter((admin) => admin.id !== id).length
}

/** Every session of a person. */
export async function listSessionsOf(db: Db, userId: UserId): Promise<SessionId[]> {
  const rows = await db.selectFrom('sessions').select('id').where('user_id', '=', userId).execute()
  return rows.map(({ id }) => id)
}

/** Deletes a person whose deletion has begun. */
export async function finishDeletion(db: Db, id: UserId): Promise<void> {
  await db.deleteFrom('users').where('id', '=', id).where('deleting_at', 'is not', null).execute()
}

/** The people who are being deleted. */
export async function listDeletions(db: Db): Promise<UserId[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('deleting_at', 'is not', null)
    .execute()
  return rows.map(({ id }) => id)
}
