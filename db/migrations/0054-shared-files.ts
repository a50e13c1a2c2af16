import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { withdrawGrants } from './0049-withdrawn-grants.ts'

/** Files of a share's snapshot, with ids of their own; and the words in files, for search. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
  await withdrawGrants(db, ['shared_files'])
}

const statements = [
  `create table shared_files (
    share_id uuid not null references shares on delete cascade,
    id uuid not null,
    file_id uuid not null references files on delete cascade,
    primary key (share_id, id)
  )`,
  `create index shares_of_file on shared_files (file_id)`,
  `alter table shared_files enable row level security`,
  `alter table file_contents add column search_words tsvector
    generated always as (to_tsvector('simple', left(coalesce(text, ''), 100000))) stored`,
  `create index file_contents_by_word on file_contents using gin (search_words) with (fastupdate = off)`,
]
