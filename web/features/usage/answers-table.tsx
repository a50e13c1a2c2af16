import { Link } from '@tanstack/react-router'
import type { Outputs } from '../../../shared/client/index.ts'
import { formatCost } from '../../ui/cost.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { formatDuration } from '../../ui/duration.ts'

export type AnswersRow = Outputs['usage']['answers'][number]
export type By = 'day' | 'model' | 'session'

/** The model that is built in: it costs nothing, which is known. */
const DEMO_MODEL = 'demo'

const names = { day: 'Day', model: 'Model', session: 'Session' } as const

/** How answers went, by day, model or session. */
export function AnswersTable({ by, rows }: { by: By; rows: readonly AnswersRow[] }) {
  return (
    <DataTable
      label={`Usage by ${by}`}
      none="No answers in this period."
      head={[
        { name: names[by] },
        { name: 'Answers', isFigure: true },
        { name: 'Failed', isFigure: true, isExtra: true },
        { name: 'Tools', isFigure: true, isExtra: true },
        { name: 'First word', isFigure: true, isExtra: true },
        { name: 'Input', isFigure: true },
        { name: 'Output', isFigure: true },
        { name: 'Cost', isFigure: true },
      ]}
      rows={rows.map((row) => ({
        key: row.key,
        cells: [
          <NameOf key="name" by={by} row={row} />,
          row.answers.toLocaleString(),
          row.failed.toLocaleString(),
          row.toolFailures > 0
            ? `${row.toolCalls.toLocaleString()} (${row.toolFailures.toLocaleString()} failed)`
            : row.toolCalls.toLocaleString(),
          row.firstTokenMs === null ? '–' : formatDuration(row.firstTokenMs),
          row.inputTokens.toLocaleString(),
          row.outputTokens.toLocaleString(),
          costWords(row.costUsd, by === 'model' && row.key === DEMO_MODEL),
        ],
      }))}
    />
  )
}

function NameOf({ by, row }: { by: By; row: AnswersRow }) {
  if (by === 'day') return <>{new Date(`${row.key}T00:00:00`).toLocaleDateString()}</>
  if (by === 'model') return <span className="wrap-anywhere">{row.key}</span>
  return (
    <Link to="/s/$id" params={{ id: row.key }} className="wrap-anywhere hover:underline">
      {row.title ?? 'New session'}
    </Link>
  )
}

/** @param isDemo what has no price because it costs nothing */
export function costWords(costUsd: number | null, isDemo: boolean): string {
  return costUsd === null && isDemo ? 'free' : formatCost(costUsd)
}

const columns = [
  ['Answers', 'answers'],
  ['Failed', 'failed'],
  ['Tools', 'toolCalls'],
  ['Tool failures', 'toolFailures'],
  ['First word (ms)', 'firstTokenMs'],
  ['Input tokens', 'inputTokens'],
  ['Output tokens', 'outputTokens'],
  ['Cost (USD)', 'costUsd'],
] as const

/** The same rows for a spreadsheet (RFC 4180). */
export function csvOfAnswers(name: string, rows: readonly AnswersRow[]): string {
  const head = [name, ...columns.map(([column]) => column)]
  const lines = rows.map((row) => [
    fieldOf(row.title ?? row.key),
    ...columns.map(([, key]) => (row[key] === null ? '' : String(row[key]))),
  ])
  return [head, ...lines].map((fields) => `${fields.join(',')}\r\n`).join('')
}

/** What begins like a formula is none: a title may come from anywhere. */
function fieldOf(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
