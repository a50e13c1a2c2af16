import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Db } from '../../engine/database.ts'
import { callsOf, sums, tokens } from './usage.ts'
import type { UsageSum } from './usage.ts'

export type UsageGrouping = 'user' | 'key' | 'model' | 'day'

/** The columns by which everybody's usage is grouped, and their names. Days are in UTC. */
const groupings: Record<UsageGrouping, { id: RawBuilder<string>; name: RawBuilder<string> }> = {
  user: {
    id: sql`calls.user_id::text`,
    name: sql`(select users.name from users where users.id::text = summed.id)`,
  },
  key: {
    id: sql`calls.key_id::text`,
    name: sql`(select api_keys.name from api_keys where api_keys.id::text = summed.id)`,
  },
  model: { id: sql`calls.model`, name: sql`null::text` },
  day: {
    id: sql`to_char(calls.created_at at time zone 'UTC', 'YYYY-MM-DD')`,
    name: sql`null::text`,
  },
}

/** The usage of everybody, the most tokens first (days in their order), and the total. */
export async function sumUsageOfAll(
  db: Db,
  { from, to, by }: { from?: string | undefined; to?: string | undefined; by: UsageGrouping },
): Promise<{
  items: (UsageSum & { id: string | null; name: string | null })[]
  total: UsageSum
}> {
  const { id, name } = groupings[by]
  const { rows } = await sql<
    UsageSum & { id: string | null; name: string | null; isTotal: boolean }
  >`
    with summed as (
      select ${id} as id, ${sums}, grouping(${id}) = 1 as "isTotal", ${tokens} as weight
      from ${callsOf({ userId: null, from, to })}
      group by grouping sets ((${id}), ())
    )
    select id, ${name} as name, "isTotal", "inputTokens", "outputTokens", "cachedInputTokens", "reasoningTokens",
      "costUsd", runs, "speechIn", "speechOut", images
    from summed order by ${by === 'day' ? sql`id` : sql`weight desc, id`}`.execute(db)
  const all = rows.find(({ isTotal }) => isTotal)
  if (!all) {
    throw new Error('a sum over everything has a row, also over nothing')
  }
  const { id: _id, name: _name, isTotal: _isTotal, ...total } = all
  return {
    items: rows.flatMap(({ isTotal, ...item }) => (isTotal ? [] : [item])),
    total,
  }
}
