import { useState } from 'react'
import { formatCost } from '../../ui/cost.ts'
import { formatDuration } from '../../ui/duration.ts'
import { SelectField } from '../../ui/select-field.tsx'
import type { AnswersRow } from './answers-table.tsx'
import { Chart } from './chart.tsx'
import { namesOf } from './days.ts'
import type { Bar } from './days.ts'

const measures = [
  { value: 'tokens', label: 'Tokens' },
  { value: 'cost', label: 'Cost' },
  { value: 'answers', label: 'Answers' },
  { value: 'firstWord', label: 'Time to the first word' },
  { value: 'tools', label: 'Tools' },
] as const

type Measure = (typeof measures)[number]['value']

/** What happened day by day, one measure at a time; long periods by month. */
export function DayCharts(props: { bars: readonly Bar[]; rows: readonly AnswersRow[] }) {
  const { bars, rows } = props
  const [measure, setMeasure] = useState<Measure>('tokens')
  const names = namesOf(bars)
  const unit = names.isByMonth ? 'month' : 'day'
  const days = bars.map(({ day }) => day)
  const sums = bars.map(({ day }) => sumOf(rows.filter((row) => names.isIn(row.key, day))))
  const name = (index: number) => names.of(bars[index]?.day ?? '')

  const charts = {
    tokens: () => (
      <Chart
        label={`Tokens by ${unit}`}
        days={days}
        isBars
        format={short}
        series={[
          {
            name: 'Input',
            isFaint: true,
            values: bars.map((bar) => bar.inputTokens + bar.outputTokens),
          },
          { name: 'Output', values: bars.map((bar) => bar.outputTokens) },
        ]}
        wordsOf={(index) =>
          `${name(index)}: ${figure(bars[index]?.inputTokens)} input, ${figure(bars[index]?.outputTokens)} output tokens, ${figure(bars[index]?.runs)} answers`
        }
      />
    ),
    cost: () => (
      <Chart
        label={`Cost by ${unit}`}
        days={days}
        isBars
        format={formatCost}
        series={[{ name: 'US dollars, of known prices', values: sums.map((sum) => sum.costUsd) }]}
        wordsOf={(index) => `${name(index)}: ${formatCost(sums[index]?.costUsd ?? null)}`}
      />
    ),
    answers: () => (
      <Chart
        label={`Answers by ${unit}`}
        days={days}
        isBars
        format={short}
        series={[
          { name: 'All', isFaint: true, values: sums.map((sum) => sum.answers) },
          { name: 'Failed', values: sums.map((sum) => sum.failed) },
        ]}
        wordsOf={(index) =>
          `${name(index)}: ${figure(sums[index]?.answers)} answers, ${figure(sums[index]?.failed)} failed`
        }
      />
    ),
    firstWord: () => (
      <Chart
        label={`Time to the first word by ${unit}`}
        days={days}
        isBars={false}
        format={formatDuration}
        series={[
          { name: 'Half of the answers', values: sums.map((sum) => sum.firstTokenMs) },
          {
            name: 'Nineteen of twenty',
            isFaint: true,
            values: sums.map((sum) => sum.slowFirstTokenMs),
          },
        ]}
        wordsOf={(index) => {
          const half = sums[index]?.firstTokenMs ?? null
          return `${name(index)}: ${half === null ? 'not measured' : formatDuration(half)}`
        }}
      />
    ),
    tools: () => (
      <Chart
        label={`Tools by ${unit}`}
        days={days}
        isBars
        format={short}
        series={[
          { name: 'Calls', isFaint: true, values: sums.map((sum) => sum.toolCalls) },
          { name: 'Failed', values: sums.map((sum) => sum.toolFailures) },
        ]}
        wordsOf={(index) =>
          `${name(index)}: ${figure(sums[index]?.toolCalls)} calls, ${figure(sums[index]?.toolFailures)} failed`
        }
      />
    ),
  } satisfies Record<Measure, () => React.ReactNode>

  return (
    <div className="grid gap-4 rounded-2xl border border-border bg-raised p-4">
      <div className="w-56 max-w-full">
        <SelectField label="Chart" value={measure} options={measures} onChange={setMeasure} />
      </div>
      {charts[measure]()}
    </div>
  )
}

/** Of several days: sums, and of times the largest. */
function sumOf(rows: readonly AnswersRow[]) {
  const sum = (key: 'answers' | 'failed' | 'toolCalls' | 'toolFailures') =>
    rows.reduce((total, row) => total + row[key], 0)
  const known = rows.flatMap(({ costUsd }) => costUsd ?? [])
  const largest = (values: readonly number[]) => (values.length > 0 ? Math.max(...values) : null)
  return {
    answers: sum('answers'),
    failed: sum('failed'),
    toolCalls: sum('toolCalls'),
    toolFailures: sum('toolFailures'),
    costUsd: known.length > 0 ? known.reduce((total, cost) => total + cost, 0) : null,
    firstTokenMs: largest(rows.flatMap(({ firstTokenMs }) => firstTokenMs ?? [])),
    slowFirstTokenMs: largest(rows.flatMap(({ slowFirstTokenMs }) => slowFirstTokenMs ?? [])),
  }
}

function figure(count: number | undefined): string {
  return (count ?? 0).toLocaleString()
}

function short(value: number): string {
  return value.toLocaleString(undefined, { notation: 'compact', maximumFractionDigits: 1 })
}
