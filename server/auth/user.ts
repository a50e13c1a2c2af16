import type { UserRow } from '../../db/queries/users.ts'
import { UserLimits } from '../../shared/contract/user.ts'
import type { User } from './port.ts'

/** A stored person. Limits that a newer version wrote are left out. */
export function toUser(row: UserRow): User {
  const { id, name, email, role } = row
  return {
    id,
    name,
    email,
    role,
    suspended: row.account_status === 'suspended',
    limits: UserLimits.safeParse(row.limits ?? {}).data ?? {},
    createdAt: row.created_at,
  }
}
