import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * The usual changes of a session, each for many sessions in one round trip: a question whose answer starts at once, the
 * end of an answer behind which nothing waits, and the compaction of its log. The first two are functions because each
 * of their statements sees what others committed before the session was locked, which a single statement would not.
 * They pass over what they cannot lock at once or what is another case, and return the places of what they stored.
 *
 * A plan is kept for long, also one that was made while all tables were small. Where `is not distinct from` compares ids,
 * it keeps Postgres from using an index other than that of the other condition.
 *
 * The other parameters are arrays with the events of all; `wanted` says which of them belong to which.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const EVENTS = 'seqs bigint[], run_ids uuid[], types text[], data text[]'

/** Adds the events of `one`, and notifies the other nodes with the same commit. */
const ADD_EVENTS = `
    insert into events (session_id, seq, run_id, type, data)
      select one.session_id, seqs[at], run_ids[at], types[at], data[at]
      from generate_series(one.first_event, one.last_event) as at;
    if one.payload is not null then
      perform pg_notify('throughline', one.payload);
    end if;
    return next one.place;`

/** Passes over `one` when others have added events of which its writer did not know. */
const PASS_IF_BEHIND = `
    continue when seqs[one.first_event] <=
      (select seq from events where session_id = one.session_id order by seq desc limit 1);`

const statements = [
  `create function begin_answers(wanted json, ${EVENTS}) returns setof integer language plpgsql
  set plan_cache_mode = force_generic_plan as $$
  declare one record;
  begin
    for one in select * from json_to_recordset(wanted) as each (
      place integer, session_id uuid, user_id uuid, leaf uuid, session_model text,
      question_id uuid, question_parts text, question_text text, question_seq bigint,
      answer_id uuid, run_id uuid, model text, key_id uuid, owner uuid, begun_at timestamptz, offered text, title text,
      first_event integer, last_event integer, payload text)
    loop
      perform from sessions where id = one.session_id and user_id is not distinct from one.user_id and status <> 'closed'
        and (title is not null or one.title is not null) and active_leaf is not distinct from one.leaf
        and model is not distinct from one.session_model
        for no key update skip locked;
      continue when not found;
      continue when exists (
          select from runs where session_id = one.session_id and runs.status in ('running', 'waiting'))
        or exists (select from messages where id = one.question_id)
        or exists (select from runs where message_id = one.answer_id or runs.message_id = one.question_id)
        or exists (select from withdrawn_messages where id = one.question_id);
      if one.leaf is null then
        continue when exists (select from messages where session_id = one.session_id and parent_id is null
          and role = 'user' and messages.status <> 'queued');
      else
        continue when exists (select from messages where parent_id = one.leaf
          and session_id is not distinct from one.session_id and role = 'user' and messages.status <> 'queued');
      end if;${PASS_IF_BEHIND}
      insert into messages
        (id, session_id, user_id, parent_id, role, parts, parts_seq, text, status, run_id, model, created_at)
      values
        (one.question_id, one.session_id, one.user_id, one.leaf, 'user', one.question_parts::json, one.question_seq,
          one.question_text, 'completed', one.run_id, null, one.begun_at),
        (one.answer_id, one.session_id, one.user_id, one.question_id, 'assistant', '[]', one.question_seq + 1,
          '', 'running', one.run_id, one.model, one.begun_at);
      insert into runs (id, session_id, user_id, question_id, message_id, status, owner, attempt, model, parent_chosen,
        key_id, created_at, started_at, offered)
      values (one.run_id, one.session_id, one.user_id, one.question_id, one.answer_id, 'running', one.owner, 1, one.model,
        false, one.key_id, one.begun_at, one.begun_at, one.offered::json);
      update sessions set active_leaf = one.answer_id, updated_at = one.begun_at, title = coalesce(one.title, title),
        title_source = case when one.title is null then title_source else 'rule' end
      where id = one.session_id;${ADD_EVENTS}
    end loop;
  end $$`,
  `create function end_answers(wanted json, ${EVENTS}) returns setof integer language plpgsql
  set plan_cache_mode = force_generic_plan as $$
  declare one record;
  begin
    for one in select * from json_to_recordset(wanted) as each (
      place integer, session_id uuid, user_id uuid, run_id uuid, message_id uuid, owner uuid, attempt integer,
      outcome text, finish text, usage text, usage_of_answer text, error text, notes text, ended_at timestamptz,
      first_token_at timestamptz, parts text, parts_seq bigint, answer_text text,
      step integer, parts_end integer, step_model text, step_finish text, step_usage text, provider_state text,
      first_event integer, last_event integer, payload text)
    loop
      perform from sessions where id = one.session_id and user_id is not distinct from one.user_id
        and (title_source is distinct from 'rule' or one.outcome <> 'completed' or exists (
          select from runs where session_id = one.session_id and runs.status = 'completed'))
        for no key update of sessions skip locked;
      continue when not found;
      perform from runs where id = one.run_id and runs.owner = one.owner and runs.attempt = one.attempt
        and status = 'running' and stop_requested_at is null for update skip locked;
      continue when not found;
      continue when exists (
        select from runs where session_id = one.session_id and status = 'queued');${PASS_IF_BEHIND}
      if one.step is not null then
        insert into steps (run_id, step, parts_end, model, finish, usage, provider_state)
        values (one.run_id, one.step, one.parts_end, one.step_model, one.step_finish, one.step_usage::json,
          one.provider_state::json);
      end if;
      update messages set status = one.outcome, usage = one.usage_of_answer::json, error = one.error::json,
        parts = one.parts::json, parts_seq = one.parts_seq, text = one.answer_text
      where id = one.message_id;
      update runs set status = one.outcome, owner = null, finish = one.finish, usage = one.usage::json,
        error = one.error::json, notes = coalesce(one.notes::json, notes), ended_at = one.ended_at,
        first_token_ms = case when runs.attempt = 1 and one.first_token_at is not null then greatest(0,
          extract(epoch from one.first_token_at - started_at) * 1000)::integer end
      where id = one.run_id;${ADD_EVENTS}
    end loop;
  end $$`,
  `create function compact_answers(wanted json, seqs bigint[], data text[], gone bigint[]) returns void
  language plpgsql set plan_cache_mode = force_generic_plan as $$
  declare one record;
  begin
    for one in select * from json_to_recordset(wanted) as each (
      run_id uuid, session_id uuid, compacted_at timestamptz,
      first_whole integer, last_whole integer, first_gone integer, last_gone integer)
    loop
      for at in one.first_whole .. one.last_whole loop
        update events set data = compact_answers.data[at] where session_id = one.session_id and seq = seqs[at];
      end loop;
      delete from events where session_id = one.session_id and seq = any(gone[one.first_gone : one.last_gone]);
      update runs set compacted_at = one.compacted_at where id = one.run_id;
    end loop;
  end $$`,
]
