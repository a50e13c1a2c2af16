import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'
import { isUnknownZone } from './usage.ts'
import type { UsageFilter } from './usage.ts'

/** The outcomes of answers, and their usage. */
export type AnswersSum = {
  /** A day, a model, or the id of a session. */
  key: string
  /** The title of a session. */
  title: string | null
  answers: number
  failed: number
  toolCalls: number
  toolFailures: number
  /** The median of the time to the first text in milliseconds; null when it was not measured. */
  firstTokenMs: number | null
  /** The 95th percentile. */
  slowFirstTokenMs: number | null
  inputTokens: number
  outputTokens: number
  costUsd: number | null
}

export type AnswersBy = 'day' | 'model' | 'session'

/** The most rows; of sessions, those with the most tokens. */
const MAX_ROWS = 1_000

/** The usage of the finished steps of a run that goes on. */
const usageSoFar = sql`(
  select json_build_object(
    'inputTokens', sum((steps.usage->>'inputTokens')::bigint),
    'outputTokens', sum((steps.usage->>'outputTokens')::bigint),
    'costUsd', case when bool_and(steps.usage->>'costUsd' is not null) then sum((steps.usage->>'costUsd')::numeric) end)
  from steps where steps.run_id = runs.id)`

/**
 * Answers that have begun, also those that go on, by day, model or session; without imported and copied ones, which were
 * not asked here.
 *
 * @returns null when the database does not know the time zone
 */
export async function sumAnswers(
  db: Db,
  { userId, sessionId, from, to, timeZone, by }: UsageFilter & { timeZone: string; by: AnswersBy },
): Promise<AnswersSum[] | null> {
  const key = {
    day: sql`to_char(runs.created_at at time zone ${timeZone}::text, 'YYYY-MM-DD')`,
    model: sql`runs.model`,
    session: sql`runs.session_id::text`,
  }[by]
  const query = sql<AnswersSum>`
    select begun.key, ${by === 'session' ? sql`max(sessions.title)` : sql`null::text`} as title,
      count(*) as answers, count(*) filter (where begun.status = 'failed') as failed,
      coalesce(sum(calls.made), 0) as "toolCalls", coalesce(sum(calls.failed), 0) as "toolFailures",
      percentile_cont(0.5) within group (order by begun.first_token_ms)::integer as "firstTokenMs",
      percentile_cont(0.95) within group (order by begun.first_token_ms)::integer as "slowFirstTokenMs",
      coalesce(sum((begun.usage->>'inputTokens')::bigint), 0) as "inputTokens",
      coalesce(sum((begun.usage->>'outputTokens')::bigint), 0) as "outputTokens",
      sum((begun.usage->>'costUsd')::numeric)::float8 as "costUsd"
    from (
      select runs.id, runs.session_id, runs.status, runs.first_token_ms, ${key} as key,
        case when runs.ended_at is null then ${usageSoFar} else runs.usage end as usage
      from runs where runs.user_id = ${userId} and runs.offered is not null
        ${sessionId ? sql`and runs.session_id = ${sessionId}` : sql``}
        ${from ? sql`and runs.created_at >= ${from}::timestamptz` : sql``}
        ${to ? sql`and runs.created_at < ${to}::timestamptz` : sql``}
    ) as begun
    join sessions on sessions.id = begun.session_id
    left join lateral (
      select count(*) as made, count(*) filter (where tool_calls.status in ('failed', 'unknown')) as failed
      from tool_calls where tool_calls.run_id = begun.id
    ) as calls on true
    group by begun.key
    order by ${by === 'day' ? sql`begun.key` : sql`"inputTokens" desc, begun.key`}
    limit ${MAX_ROWS}`
  const rows = await query.execute(db).then(
    (result) => result.rows,
    (error: unknown) => {
      if (isUnknownZone(error)) return null
      throw error
    },
  )
  return (
    rows?.map((row) => ({
      ...row,
      answers: Number(row.answers),
      failed: Number(row.failed),
      toolCalls: Number(row.toolCalls),
      toolFailures: Number(row.toolFailures),
      inputTokens: Number(row.inputTokens),
      outputTokens: Number(row.outputTokens),
    })) ?? null
  )
}
