import { Download } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'
import { useHealth } from '../../health.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Choice } from '../../ui/controls/choice.tsx'
import { download } from '../../ui/files/download.ts'
import { useToday } from '../../ui/use-today.ts'
import { AnswersTable, costWords, csvOfAnswers } from './answers-table.tsx'
import type { AnswersRow, By } from './answers-table.tsx'
import { DayCharts } from './day-charts.tsx'
import { barsOf, localDay } from './days.ts'
import { changeOf, firstDay, periodsOf, ranges } from './periods.ts'
import type { Range } from './periods.ts'
import { t } from '../../language/t.ts'
import { formatDuration } from '../../language/amounts.ts'
import { formatNumber } from '../../language/format.ts'

const ways = [
  {
    value: 'model',
    get label() {
      return t('Model')
    },
  },
  {
    value: 'session',
    get label() {
      return t('Session')
    },
  },
  {
    value: 'day',
    get label() {
      return t('Day')
    },
  },
] as const

// Always refetched, so that recent usage is included.
const fresh = { staleTime: 0, placeholderData: <Data,>(previous: Data) => previous }

/** A person's usage in a period, compared with the period before: tokens, cost, answers and their outcomes. */
export function UsageView() {
  const [range, setRange] = useState<Range>('30')
  const [by, setBy] = useState<By>('model')
  const today = useToday()
  const { now, before } = useMemo(() => periodsOf(range, today), [range, today])
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const isDemo = useHealth()?.model === 'demo'
  const summary = trpc.usage.summary.useQuery(now, fresh)
  const earlier = trpc.usage.summary.useQuery(before ?? {}, { ...fresh, enabled: before !== null })
  const earlierDays = trpc.usage.answers.useQuery(
    { ...before, timeZone, by: 'day' },
    { ...fresh, enabled: before !== null },
  )
  const daily = trpc.usage.daily.useQuery({ ...now, timeZone }, fresh)
  const byDay = trpc.usage.answers.useQuery({ ...now, timeZone, by: 'day' }, fresh)
  const rows = trpc.usage.answers.useQuery({ ...now, timeZone, by }, fresh)
  const first = firstDay(range, today)
  const all = [summary, daily, byDay, rows]

  // The program that draws charts is loaded while the figures are, not after them.
  useEffect(() => void import('./draw-chart.ts').catch(() => undefined), [])

  if (all.some(({ isError }) => isError)) {
    return (
      <div className="grid justify-items-start gap-3 text-sm text-muted">
        <p role="alert">{t('The usage could not be loaded.')}</p>
        <Button onClick={() => all.forEach((query) => void query.refetch())}>
          {t('Try again')}
        </Button>
      </div>
    )
  }
  return (
    <div className="grid grid-cols-1 gap-6">
      <Choice label={t('Period')} value={range} options={ranges} onChange={setRange} />
      {summary.data && daily.data && byDay.data && (
        <>
          <Totals
            total={summary.data.total}
            before={before ? (earlier.data?.total ?? null) : null}
            days={byDay.data}
            daysBefore={before ? (earlierDays.data ?? null) : null}
            isDemo={isDemo}
          />
          {summary.data.models.length === 0 && byDay.data.length === 0 ? (
            <p className="text-muted">{t('No answers in this period.')}</p>
          ) : (
            <>
              <DayCharts
                bars={barsOf(daily.data, first ? localDay(first) : null, localDay(today))}
                rows={byDay.data}
              />
              <div className="flex flex-wrap items-center justify-between gap-2">
                <Choice label={t('By')} value={by} options={ways} onChange={setBy} />
                <Button
                  onClick={() => {
                    const name = ways.find(({ value }) => value === by)?.label ?? by
                    const csv = csvOfAnswers(name, rows.data ?? [])
                    download(`usage-by-${by}.csv`, 'text/csv', [csv])
                  }}
                >
                  <Download aria-hidden size={14} />
                  CSV
                </Button>
              </div>
              {rows.data && <AnswersTable by={by} rows={rows.data} isDemo={isDemo} />}
              <p className="text-xs text-muted">
                {t('The sums above also have what titles, summaries, speech and pictures took.')}
              </p>
            </>
          )}
        </>
      )}
    </div>
  )
}

type Total = Outputs['usage']['summary']['total']
type Figure = [label: string, value: string, ...details: (string | null)[]]

/** Speech and pictures, where there were any. */
function spokenFigure({ speechIn, speechOut, images }: Total): Figure[] {
  if (speechIn + speechOut + images === 0) return []
  const speech: Figure = [
    t('Speech'),
    formatNumber(speechIn + speechOut),
    t('{count, plural, one {# recording} other {# recordings}}', { count: speechIn }),
    t('{count, number} read aloud', { count: speechOut }),
  ]
  const pictures: Figure = [t('Pictures made'), formatNumber(images)]
  return [...(speechIn + speechOut > 0 ? [speech] : []), ...(images > 0 ? [pictures] : [])]
}

function Totals(props: {
  total: Total
  before: Total | null
  days: readonly AnswersRow[]
  daysBefore: readonly AnswersRow[] | null
  isDemo: boolean
}) {
  const { total, before, days, daysBefore, isDemo } = props
  // As in the table: also those that failed before a call of the model was over, which are not in the total.
  const answers = countOf(days, 'answers')
  const failed = countOf(days, 'failed')
  const firstWords = days
    .flatMap(({ firstTokenMs }) => firstTokenMs ?? [])
    .toSorted((a, b) => a - b)
  const firstWord = firstWords[Math.floor(firstWords.length / 2)]
  const change = (key: 'inputTokens' | 'outputTokens' | 'costUsd') =>
    before && changeOf(total[key], before[key])
  const figures: Figure[] = [
    [
      t('Answers'),
      formatNumber(answers),
      failed > 0 ? t('{count, number} failed', { count: failed }) : null,
      daysBefore && changeOf(answers, countOf(daysBefore, 'answers')),
    ],
    [
      t('Input tokens'),
      formatNumber(total.inputTokens),
      total.cachedInputTokens > 0
        ? t('{count, number} cached', { count: total.cachedInputTokens })
        : null,
      change('inputTokens'),
    ],
    [
      t('Output tokens'),
      formatNumber(total.outputTokens),
      total.reasoningTokens > 0
        ? t('{count, number} reasoning', { count: total.reasoningTokens })
        : null,
      change('outputTokens'),
    ],
    [
      t('Cost'),
      costWords(total.costUsd, isDemo),
      total.costUsd === null ? (isDemo ? t('the demo model') : t('no known price')) : null,
      change('costUsd'),
    ],
    ...spokenFigure(total),
    [
      t('First word'),
      firstWord === undefined ? '–' : formatDuration(firstWord),
      t('on a usual day'),
    ],
  ]
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
      {figures.map(([label, value, ...details]) => (
        <div
          key={label}
          className="rounded-2xl border border-border bg-raised px-4 py-3 max-sm:odd:last:col-span-2"
        >
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="mt-0.5 text-xl font-semibold tracking-tight tabular-nums">{value}</dd>
          {details.map(
            (detail) =>
              detail && (
                <dd key={detail} className="text-xs text-muted">
                  {detail}
                </dd>
              ),
          )}
        </div>
      ))}
    </dl>
  )
}

function countOf(days: readonly AnswersRow[], key: 'answers' | 'failed'): number {
  return days.reduce((sum, day) => sum + day[key], 0)
}
