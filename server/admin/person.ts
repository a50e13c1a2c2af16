import type { UserRow } from '../../db/queries/users.ts'
import type { Person } from '../../shared/contract/api/admin.ts'
import { toUser } from '../auth/user.ts'

/** A person, as administrators see them. */
export function toPerson(row: UserRow): Person {
  const { suspended, ...user } = toUser(row)
  return { ...user, suspendedAt: suspended ? (row.suspended_at ?? row.created_at) : null }
}
