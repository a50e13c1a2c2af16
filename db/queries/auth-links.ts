import type { Insertable } from 'kysely'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import type { AuthLinkTable } from '../schema-accounts.ts'

/** Stores a link unless it exists. */
export async function insertLink(db: Db, link: Insertable<AuthLinkTable>): Promise<void> {
  await db
    .insertInto('auth_links')
    .values(link)
    .onConflict((conflict) => conflict.column('token_hash').doNothing())
    .execute()
}

/** A link that is valid now; null when there is none. */
export async function findLink(
  db: Db,
  { kind, tokenHash, now }: { kind: AuthLinkTable['kind']; tokenHash: string; now: string },
) {
  const row = await usable(db, kind, now).where('token_hash', '=', tokenHash).executeTakeFirst()
  return row ?? null
}

/** A valid invitation of this address; null when there is none. */
export async function findInvitation(db: Db, email: string, now: string) {
  const row = await usable(db, 'invite', now).where('email', '=', email).executeTakeFirst()
  return row ?? null
}

function usable(db: Db, kind: AuthLinkTable['kind'], now: string) {
  return db
    .selectFrom('auth_links')
    .select(['id', 'email', 'role'])
    .where('kind', '=', kind)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', now)]))
}

/** Marks a link as used; false when another request was faster. */
export async function claimLink(
  transaction: Db,
  id: string,
  usedBy: UserId,
  now: string,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('auth_links')
    .set({ used_at: now, used_by: usedBy })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * Makes the setup link valid again.
 *
 * @param before ISO 8601; only if it was used before then
 */
export async function reopenSetup(db: Db, tokenHash: string, before: string): Promise<void> {
  await db
    .updateTable('auth_links')
    .set({ used_at: null, used_by: null })
    .where('token_hash', '=', tokenHash)
    .where('used_at', '<', before)
    .execute()
}
