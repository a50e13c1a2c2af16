import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { withdrawGrants } from './0049-withdrawn-grants.ts'

/**
 * Files and contents that may not be needed any more, with the time at which to check them, so that a sweep reads only
 * what changed. Triggers add them, because rows are also deleted by cascades, and by processes of the previous version.
 * The only key of an entry is its own number, so that a new one never waits for one that is being checked.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
  await withdrawGrants(db, ['file_checks'])
}

const statements = [
  `create table file_checks (
    id bigint generated always as identity primary key,
    file_id uuid,
    sha256 text,
    check_after timestamptz(3) not null
  )`,
  `create index file_checks_due on file_checks (check_after)`,
  `alter table file_checks enable row level security`,
  // A file without a message is kept for a day, and contents without a file for an hour, because they may be being
  // stored.
  `create function note_file_check() returns trigger language plpgsql as $$ begin
    if tg_table_name = 'message_files' then
      insert into file_checks (file_id, check_after)
        select id, created_at + interval '1 day' from files where id = old.file_id;
    elsif tg_table_name = 'file_contents' then
      insert into file_checks (sha256, check_after) values (new.sha256, new.created_at + interval '1 hour');
    elsif tg_op = 'DELETE' then
      insert into file_checks (sha256, check_after) values (old.sha256, old.created_at);
    else
      insert into file_checks (file_id, check_after) values (new.id, new.created_at + interval '1 day');
    end if;
    return null;
  end $$`,
  `create trigger note_new_file after insert on files for each row execute function note_file_check()`,
  `create trigger note_deleted_file after delete on files for each row execute function note_file_check()`,
  `create trigger note_new_content after insert on file_contents for each row execute function note_file_check()`,
  `create trigger note_unused_file after delete on message_files for each row execute function note_file_check()`,
  `insert into file_checks (file_id, check_after)
    select id, created_at + interval '1 day' from files
    where not exists (select from message_files where file_id = files.id)`,
  `insert into file_checks (sha256, check_after)
    select sha256, created_at from file_contents
    where not exists (select from files where files.sha256 = file_contents.sha256)`,
]
