import { useState } from 'react'
import { SelectField } from '../../ui/controls/select-field.tsx'
import type { AnswersRow } from './answers-table.tsx'
import { Chart } from './chart.tsx'
import { namesOf } from './days.ts'
import type { Bar } from './days.ts'
import { t } from '../../language/t.ts'
import { formatCost, formatDuration } from '../../language/amounts.ts'
import { formatNumber } from '../../language/format.ts'

const measures = [
  {
    value: 'tokens',
    get label() {
      return t('Tokens')
    },
  },
  {
    value: 'cost',
    get label() {
      return t('Cost')
    },
  },
  {
    value: 'answers',
    get label() {
      return t('Answers')
    },
  },
  {
    value: 'firstWord',
    get label() {
      return t('Time to the first word')
    },
  },
  {
    value: 'tools',
    get label() {
      return t('Tools')
    },
  },
] as const

type Measure = (typeof measures)[number]['value']

/** A chart of one measure by day, or by month for long periods. */
export function DayCharts(props: { bars: readonly Bar[]; rows: readonly AnswersRow[] }) {
  const { bars, rows } = props
  const [measure, setMeasure] = useState<Measure>('tokens')
  const names = namesOf(bars)
  const days = bars.map(({ day }) => day)
  const sums = bars.map(({ day }) => sumOf(rows.filter((row) => names.isIn(row.key, day))))
  const name = (index: number) => names.of(bars[index]?.day ?? '')

  const charts = {
    tokens: () => (
      <Chart
        label={names.isByMonth ? t('Tokens by month') : t('Tokens by day')}
        days={days}
        isBars
        format={short}
        series={[
          {
            name: t('Input'),
            isFaint: true,
            values: bars.map((bar) => bar.inputTokens + bar.outputTokens),
          },
          { name: t('Output'), values: bars.map((bar) => bar.outputTokens) },
        ]}
        wordsOf={(index) =>
          t(
            '{name}: {input, number} input, {output, number} output tokens, {answers, plural, other {# answers}}',
            {
              name: name(index),
              input: bars[index]?.inputTokens ?? 0,
              output: bars[index]?.outputTokens ?? 0,
              answers: sums[index]?.answers ?? 0,
            },
          )
        }
      />
    ),
    cost: () => (
      <Chart
        label={names.isByMonth ? t('Cost by month') : t('Cost by day')}
        days={days}
        isBars
        format={formatCost}
        series={[
          { name: t('US dollars, of known prices'), values: sums.map((sum) => sum.costUsd) },
        ]}
        wordsOf={(index) => `${name(index)}: ${formatCost(sums[index]?.costUsd ?? null)}`}
      />
    ),
    answers: () => (
      <Chart
        label={names.isByMonth ? t('Answers by month') : t('Answers by day')}
        days={days}
        isBars
        format={short}
        series={[
          { name: t('All'), isFaint: true, values: sums.map((sum) => sum.answers) },
          { name: t('Failed'), values: sums.map((sum) => sum.failed) },
        ]}
        wordsOf={(index) =>
          t('{name}: {answers, plural, other {# answers}}, {failed, number} failed', {
            name: name(index),
            answers: sums[index]?.answers ?? 0,
            failed: sums[index]?.failed ?? 0,
          })
        }
      />
    ),
    firstWord: () => (
      <Chart
        label={
          names.isByMonth
            ? t('Time to the first word by month')
            : t('Time to the first word by day')
        }
        days={days}
        isBars={false}
        format={formatDuration}
        series={[
          { name: t('Half of the answers'), values: sums.map((sum) => sum.firstTokenMs) },
          {
            name: t('Nineteen of twenty'),
            isFaint: true,
            values: sums.map((sum) => sum.slowFirstTokenMs),
          },
        ]}
        wordsOf={(index) => {
          const half = sums[index]?.firstTokenMs ?? null
          return `${name(index)}: ${half === null ? t('not measured') : formatDuration(half)}`
        }}
      />
    ),
    tools: () => (
      <Chart
        label={names.isByMonth ? t('Tools by month') : t('Tools by day')}
        days={days}
        isBars
        format={short}
        series={[
          { name: t('Calls'), isFaint: true, values: sums.map((sum) => sum.toolCalls) },
          { name: t('Failed'), values: sums.map((sum) => sum.toolFailures) },
        ]}
        wordsOf={(index) =>
          t('{name}: {calls, plural, other {# calls}}, {failed, number} failed', {
            name: name(index),
            calls: sums[index]?.toolCalls ?? 0,
            failed: sums[index]?.toolFailures ?? 0,
          })
        }
      />
    ),
  } satisfies Record<Measure, () => React.ReactNode>

  return (
    <div className="grid gap-4 rounded-2xl border border-border bg-raised p-4">
      <div className="w-56 max-w-full">
        <SelectField label={t('Chart')} value={measure} options={measures} onChange={setMeasure} />
      </div>
      {charts[measure]()}
    </div>
  )
}

/** Combines days: sums, and the maximum of durations. */
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

function short(value: number): string {
  return formatNumber(value, { notation: 'compact', maximumFractionDigits: 1 })
}
