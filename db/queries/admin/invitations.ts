import type { UserId } from '../../../shared/contract/ids.ts'
import type { Role } from '../../../shared/contract/user.ts'
import type { Db } from '../../engine/database.ts'

export type InvitationRow = {
  id: string
  email: string | null
  role: Role
  createdBy: UserId | null
  createdAt: string
  expiresAt: string | null
  usedAt: string | null
  usedBy: UserId | null
  revokedAt: string | null
}

/** Newest first. */
export async function listInvitations(db: Db, limit: number): Promise<InvitationRow[]> {
  return db
    .selectFrom('auth_links')
    .select([
      'id',
      'email',
      'role',
      'created_by as createdBy',
      'created_at as createdAt',
      'expires_at as expiresAt',
      'used_at as usedAt',
      'used_by as usedBy',
      'revoked_at as revokedAt',
    ])
    .where('kind', '=', 'invite')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Revokes an unused invitation; false when there is none. */
export async function revokeInvitation(transaction: Db, id: string, now: string): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('auth_links')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('kind', '=', 'invite')
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
