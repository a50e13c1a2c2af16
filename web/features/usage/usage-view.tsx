import { useMemo, useState } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { useToday } from '../../ui/use-today.ts'
import { formatCost } from '../../ui/cost.ts'
import { DayChart } from './day-chart.tsx'
import { barsOf, localDay } from './days.ts'
import { ModelTable } from './model-table.tsx'

const ranges = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: 'all', label: 'All' },
] as const

type Range = (typeof ranges)[number]['value']

// Always refetched, so that recent usage is included.
const fresh = { staleTime: 0, placeholderData: <Data,>(previous: Data) => previous }

/** The caller's token usage and its cost. */
export function UsageView() {
  const [range, setRange] = useState<Range>('30')
  const today = useToday()
  const first = useMemo(() => firstDay(range, today), [range, today])
  const period = first ? { from: first.toISOString() } : {}
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const summary = trpc.usage.summary.useQuery(period, fresh)
  const daily = trpc.usage.daily.useQuery({ ...period, timeZone }, fresh)

  return (
    <div className="grid gap-8">
      <Choice label="Period" value={range} options={ranges} onChange={setRange} />
      {summary.isError || daily.isError ? (
        <div className="grid justify-items-start gap-3 text-sm text-muted">
          <p role="alert">The usage could not be loaded.</p>
          <Button
            onClick={() => {
              void summary.refetch()
              void daily.refetch()
            }}
          >
            Try again
          </Button>
        </div>
      ) : (
        summary.data &&
        daily.data && (
          <>
            <Totals total={summary.data.total} />
            {summary.data.models.length === 0 ? (
              <p className="text-muted">No answers in this period.</p>
            ) : (
              <>
                <DayChart
                  bars={barsOf(daily.data, first ? localDay(first) : null, localDay(today))}
                />
                <ModelTable models={summary.data.models} />
              </>
            )}
          </>
        )
      )}
    </div>
  )
}

type Total = Outputs['usage']['summary']['total']

function Totals({ total }: { total: Total }) {
  const figures: [label: string, value: string, detail: string | null][] = [
    ['Answers', total.runs.toLocaleString(), null],
    [
      'Input tokens',
      total.inputTokens.toLocaleString(),
      total.cachedInputTokens > 0 ? `${total.cachedInputTokens.toLocaleString()} cached` : null,
    ],
    [
      'Output tokens',
      total.outputTokens.toLocaleString(),
      total.reasoningTokens > 0 ? `${total.reasoningTokens.toLocaleString()} reasoning` : null,
    ],
    ['Cost', formatCost(total.costUsd), total.costUsd === null ? 'no known price' : null],
  ]
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
      {figures.map(([label, value, detail]) => (
        <div key={label} className="rounded-2xl border border-border bg-raised px-4 py-3">
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="mt-0.5 text-xl font-semibold tracking-tight tabular-nums">{value}</dd>
          {detail && <dd className="text-xs text-muted">{detail}</dd>}
        </div>
      ))}
    </dl>
  )
}

/** Local midnight of the period's first day; null for a period without a beginning. */
function firstDay(range: Range, today: Date): Date | null {
  if (range === 'all') return null
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() - Number(range) + 1)
}
