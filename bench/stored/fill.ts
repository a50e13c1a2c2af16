import { sql } from 'kysely'
import type { Db } from '../../db/engine/database.ts'

/** Questions of a session, each with its answer, and events of one of them. */
const ANSWERS = 2
export const EVENTS_OF_AN_ANSWER = 16
/** Sessions that the person has whose requests are measured, and those of everybody else. */
const OWN = 200
const OF_OTHERS = 100
/** Sessions that are inserted at once. */
const BATCH = 20_000

/** Stores that many sessions, last used one minute apart, the newest now. */
export async function fillSessions(db: Db, owner: string, sessions: number): Promise<void> {
  // Ids of version 4 that are the same in every run.
  await sql`create function pg_temp.id_of(name text) returns uuid language sql immutable as $$
    select overlay(overlay(md5(name) placing '4' from 13) placing '8' from 17)::uuid $$`.execute(db)
  await sql`
    insert into users (id, name, role, account_status, subscription_tier)
    select pg_temp.id_of(concat('user', k)), concat('User ', k), 'member', 'active', 'free'
    from generate_series(0, ${sessions}::int / ${OF_OTHERS}::int) as k`.execute(db)
  for (let from = 0; from < sessions; from += BATCH) {
    const to = Math.min(from + BATCH, sessions)
    await sql`create temporary table given as
      select k, pg_temp.id_of(concat('session', k)) as id,
        case when k % ${Math.max(1, Math.floor(sessions / OWN))}::int = 0 then ${owner}::uuid
          else pg_temp.id_of(concat('user', k / ${OF_OTHERS}::int)) end as user_id,
        now() - (${sessions}::int - k) * interval '1 minute' as at
      from generate_series(${from}::int, ${to}::int - 1) as k`.execute(db)
    await sql`
      insert into sessions (id, user_id, title, title_source, active_leaf, created_at, updated_at)
      select id, user_id, ${words(sql`k`, 4)}, 'model',
        pg_temp.id_of(concat(id, 'answer', ${ANSWERS}::int)), at, at from given`.execute(db)
    const pairs = sql`given, generate_series(1, ${ANSWERS}::int) as n`
    await sql`
      insert into messages
        (id, session_id, user_id, parent_id, role, parts, parts_seq, text, status, run_id, model, created_at)
      select pg_temp.id_of(concat(id, kind, n)), id, user_id,
        case when kind = 'answer' then pg_temp.id_of(concat(id, 'question', n))
          when n > 1 then pg_temp.id_of(concat(id, 'answer', n - 1)) end,
        case kind when 'answer' then 'assistant' else 'user' end,
        json_build_array(json_build_object('type', 'text', 'text', said)), n * ${EVENTS_OF_AN_ANSWER}::int, said,
        'completed', pg_temp.id_of(concat(id, 'run', n)), 'model', at
      from ${pairs}, unnest('{question,answer}'::text[]) as kind,
        lateral (select ${words(sql`k * 10 + n * 2 + length(kind)`, 12)} as said) as text`.execute(
      db,
    )
    await sql`
      insert into runs (id, session_id, user_id, question_id, message_id, status, attempt, model, finish, created_at,
        started_at, ended_at, compacted_at)
      select pg_temp.id_of(concat(id, 'run', n)), id, user_id, pg_temp.id_of(concat(id, 'question', n)),
        pg_temp.id_of(concat(id, 'answer', n)), 'completed', 1, 'model', 'stop', at, at, at, at from ${pairs}`.execute(
      db,
    )
    await sql`
      insert into steps (run_id, step, parts_end, model, finish)
      select pg_temp.id_of(concat(id, 'run', n)), 0, 1, 'model', 'stop' from ${pairs}`.execute(db)
    await sql`
      insert into events (session_id, seq, run_id, type, data, created_at)
      select id, (n - 1) * ${EVENTS_OF_AN_ANSWER}::int + place, pg_temp.id_of(concat(id, 'run', n)),
        case place when 1 then 'message' when 2 then 'start' when ${EVENTS_OF_AN_ANSWER}::int then 'end' else 'chunk' end,
        json_build_object('type', 'session', 'session', repeat(md5(concat(id, n, place)), 5)), at
      from ${pairs}, generate_series(1, ${EVENTS_OF_AN_ANSWER}::int) as place`.execute(db)
    await sql`drop table given`.execute(db)
  }
  await sql`vacuum analyze`.execute(db)
}

/** Words of a vocabulary of 20,000, chosen by a number. */
function words(number: ReturnType<typeof sql>, count: number) {
  return sql`(select string_agg(concat('w', abs(hashint8(${number} * 100 + word)) % 20000), ' ')
    from generate_series(1, ${count}::int) as word)`
}
