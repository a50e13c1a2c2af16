import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { withdrawGrants } from './0049-withdrawn-grants.ts'

/**
 * What may have come out of use, and from when on that is to be looked at: so that a sweep reads what changed, and not
 * every file there is. Triggers note it, for rows go by cascades too, and by processes of the version before. An entry
 * has no key but its own number: one that is being looked at never stands in the way of the next.
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
  // A file that no message has is kept for a day, and contents that no file has for an hour: they are being stored.
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
