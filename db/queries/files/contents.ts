import type { Selectable } from 'kysely'
import type { Db } from '../../engine/database.ts'
import type { FileContentTable } from '../../schema-files.ts'

export type Content = Selectable<FileContentTable>

const columns = [
  ...(['sha256', 'key', 'bytes', 'kind', 'mime_type', 'width', 'height', 'pages'] as const),
  ...(['text', 'error', 'reading', 'reading_due', 'reading_attempts', 'created_at'] as const),
] as const

/** The stored content with this hash; null when there is none. */
export async function findContent(db: Db, sha256: string): Promise<Content | null> {
  const found = await db
    .selectFrom('file_contents')
    .select([...columns])
    .where('sha256', '=', sha256)
    .executeTakeFirst()
  return found ?? null
}

/**
 * Records a content whose object is complete in the store, and removes the object from the strays.
 *
 * @returns false when the same bytes were recorded meanwhile: the object then stays a stray
 */
export async function insertContent(transaction: Db, content: Content): Promise<boolean> {
  const { numInsertedOrUpdatedRows: inserted } = await transaction
    .insertInto('file_contents')
    .values(content)
    .onConflict((conflict) => conflict.column('sha256').doNothing())
    .executeTakeFirst()
  if (Number(inserted) === 0) return false
  await transaction.deleteFrom('stray_objects').where('key', '=', content.key).execute()
  return true
}

/**
 * Records an object before it is written, or after nothing refers to it any more, so that it is removed even after a
 * crash.
 */
export async function noteStray(db: Db, key: string, removeAfter: string): Promise<void> {
  await db
    .insertInto('stray_objects')
    .values({ key, remove_after: removeAfter })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ remove_after: removeAfter }))
    .execute()
}

/** Objects whose time to be removed has come. */
export async function listStrays(db: Db, now: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('stray_objects')
    .select('key')
    .where('remove_after', '<=', now)
    .orderBy('remove_after')
    .limit(limit)
    .execute()
  return rows.map(({ key }) => key)
}

/** Postpones the removal of an object after the store failed to remove it. */
export async function postponeStray(db: Db, key: string, removeAfter: string): Promise<void> {
  await db
    .updateTable('stray_objects')
    .set({ remove_after: removeAfter })
    .where('key', '=', key)
    .execute()
}

export async function forgetStray(db: Db, key: string): Promise<void> {
  await db.deleteFrom('stray_objects').where('key', '=', key).execute()
}
