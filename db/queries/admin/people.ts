import { sql } from 'kysely'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { Role, UserLimits } from '../../../shared/contract/user.ts'
import type { Db } from '../../engine/database.ts'
import { userColumns } from '../users.ts'
import type { UserRow } from '../users.ts'

/** A page of the people, newest first. */
export async function listPeople(
  db: Db,
  {
    search,
    after,
    limit,
  }: {
    search?: string | undefined
    /** The last person of the previous page. */
    after?: { createdAt: string; id: UserId } | undefined
    limit: number
  },
): Promise<UserRow[]> {
  let query = db
    .selectFrom('users')
    .select(userColumns)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (after) {
    query = query.where(sql<boolean>`(created_at, id) < (${after.createdAt}, ${after.id})`)
  }
  if (search) {
    const pattern = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    query = query.where((is) =>
      is.or([is('name', 'ilike', pattern), is('email', 'ilike', pattern)]),
    )
  }
  return query.execute()
}

/** The person with this id, locked until the transaction ends; null when there is none. */
export async function lockPerson(transaction: Db, id: UserId): Promise<UserRow | null> {
  const row = await transaction
    .selectFrom('users')
    .select(userColumns)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row ?? null
}

export async function changePerson(
  transaction: Db,
  id: UserId,
  change: { role: Role; suspendedAt: string | null; limits: UserLimits },
): Promise<UserRow> {
  return transaction
    .updateTable('users')
    .set({
      role: change.role,
      account_status: change.suspendedAt === null ? 'active' : 'suspended',
      suspended_at: change.suspendedAt,
      limits: JSON.stringify(change.limits),
    })
    .where('id', '=', id)
    .returning(userColumns)
    .executeTakeFirstOrThrow()
}
