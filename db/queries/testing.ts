import { sql } from 'kysely'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'

/** Puts so many answered questions into an empty session, one after the other, as compaction leaves them. */
export async function fillSession(
  db: Db,
  { id, userId }: { id: SessionId; userId: UserId },
  answers: number,
): Promise<void> {
  const idOf = (kind: string, number = sql`k`) =>
    sql`md5(concat(${id}::text, ${kind}::text, ${number}))::uuid`
  const before = sql`k - 1`
  const pairs = sql`generate_series(1, ${answers}::int) as k`
  await sql`
    insert into messages (id, session_id, user_id, parent_id, role, parts, parts_seq, text, status, run_id, model, created_at)
    select ${idOf('question')}, ${id}::uuid, ${userId}::uuid, case when k > 1 then ${idOf('answer', before)} end, 'user',
      '[{"type":"text","text":"Why?"}]'::json, 4 * k - 3, 'Why?', 'completed', ${idOf('run')}, null, now() from ${pairs}
    union all
    select ${idOf('answer')}, ${id}::uuid, ${userId}::uuid, ${idOf('question')}, 'assistant',
      '[{"type":"text","text":"Because."}]'::json, 4 * k, 'Because.', 'completed', ${idOf('run')}, 'model', now() from ${pairs}`.execute(
    db,
  )
  await sql`
    insert into runs (id, session_id, user_id, question_id, message_id, status, attempt, model, finish, created_at,
      started_at, ended_at, compacted_at)
    select ${idOf('run')}, ${id}::uuid, ${userId}::uuid, ${idOf('question')}, ${idOf('answer')}, 'completed', 1, 'model', 'stop',
      now(), now(), now(), now() from ${pairs}`.execute(db)
  await sql`
    insert into steps (run_id, step, parts_end, model, finish)
    select ${idOf('run')}, 0, 1, 'model', 'stop' from ${pairs}`.execute(db)
  await sql`
    insert into events (session_id, seq, run_id, type, data)
    select ${id}, 4 * k - 4 + place, ${idOf('run')}, (array['message', 'start', 'chunk', 'end'])[place], '{}'
    from ${pairs}, generate_series(1, 4) as place`.execute(db)
  await sql`update sessions set active_leaf = ${idOf('answer', sql`${answers}::int`)} where id = ${id}`.execute(
    db,
  )
}

export async function analyze(db: Db): Promise<void> {
  await sql`analyze`.execute(db)
}

/**
 * How Postgres (16 or later) would carry out a statement whatever its parameters are, when its tables are so large that
 * reading them from end to end is the last resort; a line for each step.
 */
export function explain(db: Db, statement: string): Promise<string[]> {
  return db.transaction().execute(async (transaction) => {
    await sql`set local enable_seqscan = off`.execute(transaction)
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain (generic_plan, costs off) ${sql.raw(statement)}`.execute(transaction)
    return rows.map((row) => row['QUERY PLAN'])
  })
}
