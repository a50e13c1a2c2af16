import type { SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/** The metadata that a client stored with its conversation; empty also when this user has no such conversation. */
export async function readMetadata(
  db: Db,
  userId: UserId,
  id: SessionId,
): Promise<Record<string, string>> {
  const row = await db
    .selectFrom('sessions')
    .select('metadata')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.metadata ?? {}
}

/** @param metadata replaces all that was stored */
export async function writeMetadata(
  db: Db,
  userId: UserId,
  id: SessionId,
  metadata: Record<string, string>,
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ metadata: JSON.stringify(metadata) })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .execute()
}
