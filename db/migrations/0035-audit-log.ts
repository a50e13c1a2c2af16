import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * The audit log: actor, action, target and address. Rows are only added: a trigger refuses any change, except that the
 * address is removed when a person is deleted. There is no foreign key, because the log outlives the people in it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `create table audit_log (
    id bigint primary key generated always as identity,
    at timestamptz(3) not null,
    action text not null,
    actor_id uuid,
    target_id text,
    address text,
    detail jsonb not null
  )`,
  `alter table audit_log enable row level security`,
  `create index audit_log_of_actor on audit_log (actor_id, id desc)`,
  `create index audit_log_of_target on audit_log (target_id, id desc)`,
  `create index audit_log_by_action on audit_log (action, id desc)`,
  `create function keep_audit_log() returns trigger language plpgsql as $$ begin
    if tg_op = 'UPDATE' then
      if new.address is null
        and (new.id, new.at, new.action, new.actor_id, new.target_id, new.detail)
          is not distinct from (old.id, old.at, old.action, old.actor_id, old.target_id, old.detail)
        and not exists (select from users where id = old.actor_id) then
        return new;
      end if;
    end if;
    raise exception 'the audit log is only added to' using errcode = 'insufficient_privilege';
  end $$`,
  `create trigger keep_audit_log before update or delete on audit_log
    for each row execute function keep_audit_log()`,
  `create trigger keep_audit_log_whole before truncate on audit_log
    for each statement execute function keep_audit_log()`,
]
