import { sql } from 'kysely'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/** The tags of a person's sessions that are not archived, by name, each with the number of its sessions. */
export async function listTags(
  db: Db,
  userId: UserId,
): Promise<{ name: string; sessions: number }[]> {
  const { rows } = await sql<{ name: string; sessions: number }>`
    select tag as name, count(*) as sessions
    from sessions, unnest(tags) as tag
    where user_id = ${userId} and tags <> '{}' and not archived
    group by tag order by lower(tag), tag`.execute(db)
  return rows.map(({ name, sessions }) => ({ name, sessions: Number(sessions) }))
}
