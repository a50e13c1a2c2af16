import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { Db } from '../../engine/database.ts'
import type { FileContentTable } from '../../schema-files.ts'

export type Content = Selectable<FileContentTable>

/** What is stored of these bytes; null when nobody has them. */
export async function findContent(db: Db, sha256: string): Promise<Content | null> {
  const found = await db
    .selectFrom('file_contents')
    .selectAll()
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

export async function forgetStray(db: Db, key: string): Promise<void> {
  await db.deleteFrom('stray_objects').where('key', '=', key).execute()
}

/**
 * Forgets contents that no file has, and makes strays of their objects. A file that is being stored with one of them
 * holds a lock on its row, by its foreign key: whichever comes second sees what the first did.
 */
export async function dropUnusedContents(db: Db, now: string): Promise<number> {
  const { rows } = await sql`
    with unused as (
      select sha256 from file_contents
      where not exists (select from files where files.sha256 = file_contents.sha256)
      limit 100 for update skip locked
    ), dropped as (
      delete from file_contents where sha256 in (select sha256 from unused)
      and not exists (select from files where files.sha256 = file_contents.sha256) returning key
    )
    insert into stray_objects (key, remove_after) select key, ${now}::timestamptz from dropped
    on conflict (key) do update set remove_after = excluded.remove_after
    returning key`.execute(db)
  return rows.length
}
