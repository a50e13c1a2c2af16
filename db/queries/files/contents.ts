import type { Selectable } from 'kysely'
import type { Db } from '../../engine/database.ts'
import type { FileContentTable } from '../../schema-files.ts'

export type Content = Selectable<FileContentTable>

const columns = [
  ...(['sha256', 'key', 'bytes', 'kind', 'mime_type', 'width', 'height', 'pages'] as const),
  ...(['text', 'error', 'created_at'] as const),
] as const

/** What is stored of these bytes; null when nobody has them. */
export async function findContent(db: Db, sha256: string): Promise<Content | null> {
  const found = await db
    .selectFrom('file_contents')
    .select([...columns])
    .where('sha256', '=', sha256)
    .executeTakeFirst()
  return found ?? null
}

/**
 * Keeps contents whose object is whole in the store, and takes the object off the strays.
 *
 * @returns false when the same bytes were stored meanwhile: the object then stays a stray
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

/** What could be read in contents that could not be read before. */
export async function saveReading(
  db: Db,
  sha256: string,
  { pages, text }: Pick<Content, 'pages' | 'text'>,
): Promise<void> {
  await db
    .updateTable('file_contents')
    .set({ pages, text, error: null })
    .where('sha256', '=', sha256)
    .execute()
}

/** Notes an object before it is written, or after nothing refers to it any more: whatever happens, it is removed. */
export async function noteStray(db: Db, key: string, removeAfter: string): Promise<void> {
  await db
    .insertInto('stray_objects')
    .values({ key, remove_after: removeAfter })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ remove_after: removeAfter }))
    .execute()
}

/** Objects that are to be removed by now. */
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

/** Puts the removal of an object off that the store would not remove. */
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
