import { Link } from '@tanstack/react-router'
import type { Outputs } from '../../../shared/client/index.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { msg, t } from '../../language/t.ts'
import { formatCost, formatDuration } from '../../language/amounts.ts'
import { formatDate, formatNumber } from '../../language/format.ts'

export type AnswersRow = Outputs['usage']['answers'][number]
export type By = 'day' | 'model' | 'session'

/** The built-in model, which is free. */
const DEMO_MODEL = 'demo'

const names = { day: msg('Day'), model: msg('Model'), session: msg('Session') } as const
const titles = {
  day: msg('Usage by day'),
  model: msg('Usage by model'),
  session: msg('Usage by session'),
} as const

/**
 * The outcomes and durations of answers, by day, model or session.
 * @param props.isDemo true when the server has the demo model only
 */
export function AnswersTable(props: { by: By; rows: readonly AnswersRow[]; isDemo: boolean }) {
  const { by, rows, isDemo } = props
  return (
    <DataTable
      label={t(titles[by])}
      none={t('No answers in this period.')}
      head={[
        { name: t(names[by]) },
        { name: t('Answers'), isFigure: true },
        { name: t('Failed'), isFigure: true, isExtra: true },
        { name: t('Tools'), isFigure: true, isExtra: true },
        { name: t('First word'), isFigure: true, isExtra: true },
        { name: t('Input'), isFigure: true },
        { name: t('Output'), isFigure: true },
        { name: t('Cost'), isFigure: true },
      ]}
      rows={rows.map((row) => ({
        key: row.key,
        cells: [
          <NameOf key="name" by={by} row={row} />,
          formatNumber(row.answers),
          formatNumber(row.failed),
          row.toolFailures > 0
            ? t('{count, number} ({failed, number} failed)', {
                count: row.toolCalls,
                failed: row.toolFailures,
              })
            : formatNumber(row.toolCalls),
          row.firstTokenMs === null ? '–' : formatDuration(row.firstTokenMs),
          formatNumber(row.inputTokens),
          formatNumber(row.outputTokens),
          costWords(row.costUsd, by === 'model' ? row.key === DEMO_MODEL : isDemo),
        ],
      }))}
    />
  )
}

function NameOf({ by, row }: { by: By; row: AnswersRow }) {
  if (by === 'day') return <>{formatDate(`${row.key}T00:00:00`)}</>
  if (by === 'model') return <span className="wrap-anywhere">{row.key}</span>
  return (
    <Link to="/s/$id" params={{ id: row.key }} className="wrap-anywhere hover:underline">
      {row.title ?? t('New session')}
    </Link>
  )
}

/** @param isDemo true for the demo model, which is free and has no price */
export function costWords(costUsd: number | null, isDemo: boolean): string {
  return costUsd === null && isDemo ? t('free') : formatCost(costUsd)
}

const columns = [
  [msg('Answers'), 'answers'],
  [msg('Failed'), 'failed'],
  [msg('Tools'), 'toolCalls'],
  [msg('Tool failures'), 'toolFailures'],
  [msg('First word (ms)'), 'firstTokenMs'],
  [msg('Input tokens'), 'inputTokens'],
  [msg('Output tokens'), 'outputTokens'],
  [msg('Cost (USD)'), 'costUsd'],
] as const

/** The same rows for a spreadsheet (RFC 4180). */
export function csvOfAnswers(name: string, rows: readonly AnswersRow[]): string {
  const head = [name, ...columns.map(([column]) => t(column))].map(fieldOf)
  const lines = rows.map((row) => [
    fieldOf(row.title ?? row.key),
    ...columns.map(([, key]) => (row[key] === null ? '' : String(row[key]))),
  ])
  return [head, ...lines].map((fields) => `${fields.join(',')}\r\n`).join('')
}

/** A CSV field. A text that begins like a formula gets a quote, because a spreadsheet would execute it. */
function fieldOf(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
