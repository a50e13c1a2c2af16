import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'

/** The most entries of one round. */
const AT_ONCE = 500

/**
 * Deletes files from before `dayAgo` that no message or project has, among the entries that are due. It waits for a
 * message that is being sent with one of them, and then sees it.
 *
 * @param transaction of its own
 * @returns the number of entries that were checked
 */
export async function deleteUnusedFiles(
  transaction: Db,
  { now, dayAgo }: { now: string; dayAgo: string },
): Promise<number> {
  const ids = await takeDue<{ file_id: string }>(transaction, 'file_id', now)
  if (ids.length === 0) return 0
  const { rows: locked } = await sql<{ id: string }>`
    select id from files where id = any(${ids.map((row) => row.file_id)}::uuid[]) and created_at <= ${dayAgo}
    order by id for update`.execute(transaction)
  // This is a statement of its own, so that it sees what was committed before the rows were locked.
  await sql`
    delete from files where id = any(${locked.map(({ id }) => id)}::uuid[])
    and not exists (select from message_files where file_id = files.id)
    and not exists (select from project_files where file_id = files.id)`.execute(transaction)
  return ids.length
}

/**
 * Deletes contents that no file has, among the entries that are due, and makes strays of their objects. Storing a file
 * locks the row of its content, so the second of the two sees what the first one did.
 *
 * @returns the number of entries that were checked
 */
export async function dropUnusedContents(transaction: Db, now: string): Promise<number> {
  const due = await takeDue<{ sha256: string }>(transaction, 'sha256', now)
  if (due.length === 0) return 0
  const hashes = due.map(({ sha256 }) => sha256)
  await sql`
    select sha256 from file_contents where sha256 = any(${hashes}::text[])
    order by sha256 for update`.execute(transaction)
  await sql`
    with dropped as (
      delete from file_contents where sha256 = any(${hashes}::text[])
      and not exists (select from files where files.sha256 = file_contents.sha256) returning key
    )
    insert into stray_objects (key, remove_after) select key, ${now}::timestamptz from dropped
    on conflict (key) do update set remove_after = excluded.remove_after`.execute(transaction)
  return due.length
}

async function takeDue<Row>(
  transaction: Db,
  column: 'file_id' | 'sha256',
  now: string,
): Promise<Row[]> {
  const { rows } = await sql<Row>`
    delete from file_checks where id in (
      select id from file_checks where check_after <= ${now} and ${sql.ref(column)} is not null
      order by check_after limit ${AT_ONCE} for update skip locked)
    returning ${sql.ref(column)}`.execute(transaction)
  return rows
}
