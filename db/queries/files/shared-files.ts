import type { FileId, UserId } from '../../../shared/contract/ids.ts'
import type { ShareId } from '../../../shared/contract/share.ts'
import type { Db } from '../../engine/database.ts'
import { findFile, lockFiles } from './files.ts'
import type { StoredFile } from './files.ts'

/** A file of a snapshot: its id in the snapshot, and the file's own. */
export type SharedFile = { id: FileId; fileId: FileId }

/** Links a share to those files of its snapshot that are this person's and exist. */
export async function insertSharedFiles(
  transaction: Db,
  { userId, shareId }: { userId: UserId; shareId: ShareId },
  shared: readonly SharedFile[],
): Promise<void> {
  const ids = [...new Set(shared.map(({ fileId }) => fileId))]
  const stored = await lockFiles(transaction, userId, ids)
  const there = shared.filter(({ fileId }) => stored.some(({ file }) => file.id === fileId))
  if (there.length === 0) return
  await transaction
    .insertInto('shared_files')
    .values(there.map(({ id, fileId }) => ({ share_id: shareId, id, file_id: fileId })))
    .execute()
}

/**
 * A file in the snapshot of a token; null when the token is unknown or was revoked, its person is suspended, or there
 * is no such file.
 */
export async function findSharedFile(
  db: Db,
  token: string,
  id: FileId,
): Promise<StoredFile | null> {
  const row = await db
    .selectFrom('shares')
    .innerJoin('shared_files', 'shared_files.share_id', 'shares.id')
    .innerJoin('files', 'files.id', 'shared_files.file_id')
    .innerJoin('users', 'users.id', 'shares.user_id')
    .select(['files.id as fileId', 'files.user_id as userId'])
    .where('shares.token', '=', token)
    .where('shared_files.id', '=', id)
    .where('users.account_status', '=', 'active')
    .executeTakeFirst()
  return row ? findFile(db, row.userId, row.fileId) : null
}
