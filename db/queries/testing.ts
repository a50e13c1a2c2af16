import { sql } from 'kysely'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'

/** Adds so many answered questions to an empty session, one after the other, in the form after compaction. */
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
 * The generic plan of a statement on Postgres (16 or later), whatever its parameters are, as for tables that are too
 * large to be scanned; one line for each step.
 */
export function explain(db: Db, statement: string): Promise<string[]> {
  return db.transaction().execute(async (transaction) => {
    await sql`set local enable_seqscan = off`.execute(transaction)
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain (generic_plan, costs off) ${sql.raw(statement)}`.execute(transaction)
    return rows.map((row) => row['QUERY PLAN'])
  })
}

type PlanNode = {
  'Node Type': string
  'Parent Relationship'?: string
  'Relation Name'?: string
  Plans?: PlanNode[]
}

/**
 * The tables that a statement scans once for each row of another one. The plan of a named statement is kept, so one
 * that Postgres chose for an empty database is used until it takes statistics, although the tables grow.
 */
export async function repeatedScans(db: Db, statement: string): Promise<string[]> {
  const { rows } = await sql<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>`
    explain (generic_plan, format json) ${sql.raw(statement)}`.execute(db)
  const scansBelow = (node: PlanNode, isRepeated: boolean): string[] => [
    ...(isRepeated && node['Node Type'] === 'Seq Scan' ? [node['Relation Name'] ?? ''] : []),
    ...(node.Plans ?? []).flatMap((child) => {
      const relationship = child['Parent Relationship']
      const isInner = relationship === 'Inner' && node['Node Type'] === 'Nested Loop'
      return scansBelow(child, isRepeated || isInner || relationship === 'SubPlan')
    }),
  ]
  return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => scansBelow(Plan, false)))
}

/** Suspends a user as another node does: this one notices it by itself. */
export async function suspendUser(db: Db, id: UserId, at: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ account_status: 'suspended', suspended_at: at })
    .where('id', '=', id)
    .execute()
}
