import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Makes sessions, and registers nodes as readers of open ones, many in one round trip (see `0076-answer-functions`). Both
 * return the places of those with which they did.
 *
 * A session is not made under an id that is taken, or was a deleted session's: its log has to begin behind the old one.
 * That is looked at once more after the insert, which waits for a transaction that is deleting the session.
 *
 * A session is locked before a reader is registered, so that a concurrent closing either sees the reader or is seen by it.
 * One that cannot be locked at once is passed over. Most sessions need no change of their row then.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `create function make_sessions(wanted json) returns setof integer language plpgsql
  set plan_cache_mode = force_generic_plan as $$
  declare one record;
  begin
    for one in select * from json_to_recordset(wanted) as each (
      place integer, session_id uuid, user_id uuid, title text, model text, system_prompt text, project_id uuid,
      tools_off text, temporary boolean, archived boolean, made_at timestamptz)
    loop
      continue when exists (select from deleted_sessions where id = one.session_id);
      insert into sessions (id, user_id, title, title_source, model, system_prompt, project_id, tools_off, temporary,
        archived, left_at, created_at, updated_at)
      values (one.session_id, one.user_id, one.title, case when one.title is not null then 'person' end, one.model,
        one.system_prompt, one.project_id, one.tools_off::json, one.temporary, one.archived,
        case when one.temporary then one.made_at end, one.made_at, one.made_at)
      on conflict (id) do nothing;
      continue when not found;
      if exists (select from deleted_sessions where id = one.session_id) then
        delete from sessions where id = one.session_id;
      else
        return next one.place;
      end if;
    end loop;
  end $$`,
  `create function enter_sessions(wanted json) returns setof integer language plpgsql
  set plan_cache_mode = force_generic_plan as $$
  declare one record;
  begin
    for one in select * from json_to_recordset(wanted) as each (
      place integer, session_id uuid, user_id uuid, node_id uuid)
    loop
      perform from sessions
        where id = one.session_id and user_id is not distinct from one.user_id and status = 'active'
        for no key update skip locked;
      continue when not found;
      update sessions set opened_at = coalesce(opened_at, now()), left_at = null
        where id = one.session_id and (opened_at is null or left_at is not null);
      insert into readers (session_id, node_id) values (one.session_id, one.node_id) on conflict do nothing;
      return next one.place;
    end loop;
  end $$`,
]
