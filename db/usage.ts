import { type RawBuilder, sql } from 'kysely'
import type { SessionId, UserId } from '../shared/contract/ids.ts'
import type { Db } from './database.ts'

export type UsageFilter = {
  userId: UserId
  sessionId?: SessionId | undefined
  /** Runs from this moment on, ISO 8601. */
  from?: string | undefined
  /** Runs before this moment, ISO 8601. */
  to?: string | undefined
}

/** What model calls used together. `costUsd` is the sum of the costs that are known, null when none is. */
export type UsageSum = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens: number
  reasoningTokens: number
  costUsd: number | null
  /** How many runs have a finished call of the model; one that asked two models counts for each. */
  runs: number
}

/** By model, those with the most tokens first, and all together. */
export async function sumUsageByModel(
  db: Db,
  filter: UsageFilter,
): Promise<{ models: (UsageSum & { model: string })[]; total: UsageSum }> {
  const { rows } = await sql<UsageSum & { model: string | null }>`
    select steps.model, ${sums} from ${stepsOf(filter)}
    group by grouping sets ((steps.model), ())
    order by ${tokens} desc, steps.model`.execute(db)
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
 * By day and model, oldest first; a day on which nothing ran is left out.
 *
 * @param filter.timeZone IANA name of the zone whose days they are
 * @returns null when the database does not know the zone
 */
export async function sumUsageByDay(
  db: Db,
  { timeZone, ...filter }: UsageFilter & { timeZone: string },
): Promise<(UsageSum & { day: string; model: string })[] | null> {
  const query = sql<UsageSum & { day: string; model: string }>`
    select to_char(runs.created_at at time zone zone, 'YYYY-MM-DD') as day, steps.model, ${sums}
    from (select ${timeZone}::text as zone) as wanted, ${stepsOf(filter)}
    group by day, steps.model
    order by day, ${tokens} desc, steps.model`
  try {
    return (await query.execute(db)).rows
  } catch (error) {
    if (isUnknownZone(error)) {
      return null
    }
    throw error
  }
}

const tokens = sql`coalesce(sum((steps.usage->>'inputTokens')::bigint + (steps.usage->>'outputTokens')::bigint), 0)`

const sums = sql`${total('inputTokens')}, ${total('outputTokens')}, ${total('cachedInputTokens')},
  ${total('reasoningTokens')}, sum((steps.usage->>'costUsd')::numeric) as "costUsd",
  count(distinct steps.run_id) as runs`

function total(name: Exclude<keyof UsageSum, 'costUsd' | 'runs'>): RawBuilder<number> {
  return sql`coalesce(sum((steps.usage->>${sql.lit(name)})::bigint), 0) as ${sql.id(name)}`
}

function stepsOf({ userId, sessionId, from, to }: UsageFilter): RawBuilder<unknown> {
  return sql`runs join steps on steps.run_id = runs.id
    where runs.user_id = ${userId}
    ${sessionId ? sql`and runs.session_id = ${sessionId}` : sql``}
    ${from ? sql`and runs.created_at >= ${from}::timestamptz` : sql``}
    ${to ? sql`and runs.created_at < ${to}::timestamptz` : sql``}`
}

/** invalid_parameter_value: its tables of zones are its own, and may be older than ours. */
function isUnknownZone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '22023'
}
