import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'

/** Entries that are looked at in one round. */
const AT_ONCE = 500

/**
 * Deletes files from before `dayAgo` that no message or project has, among those that are to be looked at by now. A message
 * that is being given one of them is waited for, and then seen.
 *
 * @param transaction of its own
 * @returns how many entries were looked at
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
  // A statement of its own: it sees what was committed before the rows were locked.
  await sql`
    delete from files where id = any(${locked.map(({ id }) => id)}::uuid[])
    and not exists (select from message_files where file_id = files.id)
    and not exists (select from project_files where file_id = files.id)`.execute(transaction)
  return ids.length
}

/**
 * Forgets contents that no file has, among those that are to be looked at by now, and makes strays of their objects. A
 * file that is being stored with one of them holds a lock on its row: whichever comes second sees what the first did.
 *
 * @returns how many entries were looked at
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
