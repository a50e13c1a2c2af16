import type { FileId, UserId } from '../../../shared/contract/ids.ts'
import type { ShareId } from '../../../shared/contract/share.ts'
import type { Db } from '../../engine/database.ts'
import { findFile, lockFiles } from './files.ts'
import type { StoredFile } from './files.ts'

/** A file of the snapshot: the id that it has there, and its own. */
export type SharedFile = { id: FileId; fileId: FileId }

/** Gives a share the files of its snapshot that are this person's and still there. */
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

/** A file of the snapshot behind this token; null when the token is unknown or was revoked, or has no such file. */
export async function findSharedFile(
  db: Db,
  token: string,
  id: FileId,
): Promise<StoredFile | null> {
  const row = await db
    .selectFrom('shares')
    .innerJoin('shared_files', 'shared_files.share_id', 'shares.id')
    .innerJoin('files', 'files.id', 'shared_files.file_id')
    .select(['files.id as fileId', 'files.user_id as userId'])
    .where('shares.token', '=', token)
    .where('shared_files.id', '=', id)
    .executeTakeFirst()
  return row ? findFile(db, row.userId, row.fileId) : null
}
