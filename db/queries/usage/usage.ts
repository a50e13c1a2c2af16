import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

export type UsageFilter = {
  userId: UserId
  sessionId?: SessionId | undefined
  /** Calls of runs from this moment on, ISO 8601. */
  from?: string | undefined
  /** Calls of runs before this moment, ISO 8601. */
  to?: string | undefined
}

/** The total usage of model calls. `costUsd` is the sum of the known costs, and null when none is known. */
export type UsageSum = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens: number
  reasoningTokens: number
  costUsd: number | null
  /**
   * The number of runs with a finished call of the model; a run that called two models counts for each. Titles and
   * summaries are not runs.
   */
  runs: number
  /** Recordings that were transcribed, texts that were read aloud, and pictures that were made. */
  speechIn: number
  speechOut: number
  images: number
}

/** Usage by model, those with the most tokens first, and the total. */
export async function sumUsageByModel(
  db: Db,
  filter: UsageFilter,
): Promise<{ models: (UsageSum & { model: string })[]; total: UsageSum }> {
  const { rows } = await sql<UsageSum & { model: string | null }>`
    select calls.model, ${sums} from ${callsOf(filter)}
    group by grouping sets ((calls.model), ())
    order by ${tokens} desc, calls.model`.execute(db)
  const all = rows.find(({ model }) => model === null)
  if (!all) {
    throw new Error('a sum over everything has a row, also over nothing')
  }
  const { model: _, ...total } = all
  return {
    models: rows.flatMap(({ model, ...sum }) => (model === null ? [] : [{ model, ...sum }])),
    total,
  }
}

/**
 * Usage by day and model, oldest first; days without usage are left out.
 * @param filter.timeZone IANA name of the time zone that defines the days
 * @returns null when the database does not know the time zone
 */
export async function sumUsageByDay(
  db: Db,
  { timeZone, ...filter }: UsageFilter & { timeZone: string },
): Promise<(UsageSum & { day: string; model: string })[] | null> {
  const query = sql<UsageSum & { day: string; model: string }>`
    select to_char(calls.created_at at time zone zone, 'YYYY-MM-DD') as day, calls.model, ${sums}
    from (select ${timeZone}::text as zone) as wanted, ${callsOf(filter)}
    group by day, calls.model
    order by day, ${tokens} desc, calls.model`
  try {
    return (await query.execute(db)).rows
  } catch (error) {
    if (isUnknownZone(error)) {
      return null
    }
    throw error
  }
}

export const tokens = sql`coalesce(sum((calls.usage->>'inputTokens')::bigint + (calls.usage->>'outputTokens')::bigint), 0)`

export const sums = sql`${total('inputTokens')}, ${total('outputTokens')}, ${total('cachedInputTokens')},
  ${total('reasoningTokens')}, sum((calls.usage->>'costUsd')::numeric) as "costUsd",
  count(distinct calls.run_id) as runs, count(*) filter (where calls.kind = 'speech-in') as "speechIn",
  count(*) filter (where calls.kind = 'speech-out') as "speechOut", count(*) filter (where calls.kind = 'image') as images`

type TokenCount = 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'reasoningTokens'

function total(name: TokenCount): RawBuilder<number> {
  return sql`coalesce(sum((calls.usage->>${sql.lit(name)})::bigint), 0) as ${sql.id(name)}`
}

/**
 * The finished model calls of a user, or of everybody without one: the steps of runs, and the calls for titles,
 * summaries, pictures and speech. A run that was imported, or copied by a fork, has no usage here: it was counted where
 * it was paid for.
 */
export function callsOf({
  userId,
  sessionId,
  from,
  to,
}: Omit<UsageFilter, 'userId'> & { userId: UserId | null }): RawBuilder<unknown> {
  const wanted = (table: 'runs' | 'background_usage') => {
    const column = (name: string) => sql.ref(`${table}.${name}`)
    return sql`${userId ? sql`${column('user_id')} = ${userId}` : sql`true`}
      ${sessionId ? sql`and ${column('session_id')} = ${sessionId}` : sql``}
      ${from ? sql`and ${column('created_at')} >= ${from}::timestamptz` : sql``}
      ${to ? sql`and ${column('created_at')} < ${to}::timestamptz` : sql``}`
  }
  return sql`(
    select runs.created_at, steps.model, steps.usage, steps.run_id, runs.user_id, runs.key_id, null as kind
    from runs join steps on steps.run_id = runs.id where ${wanted('runs')}
      and (runs.usage is not null or runs.status in ('queued', 'running', 'waiting'))
    union all
    select created_at, model, usage, null, user_id, key_id, kind from background_usage where ${wanted('background_usage')}
  ) as calls`
}

/** invalid_parameter_value: Postgres has its own time zone tables, which may be older than ours. */
export function isUnknownZone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '22023'
}
