import { CallArguments } from './call-arguments.tsx'
import { t } from '../../language/t.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

const MOST_COLUMNS = 8

/** The data of an answer: lists of alike objects as tables, everything else field by field. */
export function StructuredData({ data }: { data: unknown }) {
  if (Array.isArray(data)) return <Rows label={t('Data')} rows={data} />
  if (!isRecord(data)) return <CallArguments input={data} />
  const lists = Object.entries(data).filter(([, value]) => columnsOf(value) !== null)
  const rest = Object.entries(data).filter(([, value]) => columnsOf(value) === null)
  return (
    <>
      {(rest.length > 0 || lists.length === 0) && (
        <CallArguments input={Object.fromEntries(rest)} />
      )}
      {lists.map(([label, rows]) => (
        <Rows key={label} label={label} rows={rows} />
      ))}
    </>
  )
}

function Rows({ label, rows }: { label: string; rows: unknown }) {
  const columns = columnsOf(rows)
  if (!columns || !Array.isArray(rows)) return <CallArguments input={rows} />
  return (
    <div
      role="group"
      aria-label={label}
      tabIndex={0}
      className="max-h-80 overflow-auto rounded-lg border border-border"
    >
      <table className="min-w-full text-[0.8125rem] tabular-nums">
        <thead className="sticky top-0 bg-side">
          <tr>
            {columns.map((column) => (
              <th key={column} className="px-2.5 py-1.5 text-start font-medium whitespace-nowrap">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row: unknown, index) => (
            <tr key={index} className="border-t border-border align-top">
              {columns.map((column) => (
                <td key={column} dir="auto" className="px-2.5 py-1.5">
                  {isRecord(row) ? cellText(row[column]) : ''}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The fields of a list of objects without anything nested; null for anything else. */
function columnsOf(rows: unknown): string[] | null {
  if (!Array.isArray(rows) || rows.length === 0) return null
  const columns = new Set<string>()
  for (const row of rows) {
    if (!isRecord(row)) return null
    for (const [column, value] of Object.entries(row)) {
      if (typeof value === 'object' && value !== null) return null
      columns.add(column)
    }
  }
  return columns.size > 0 && columns.size <= MOST_COLUMNS ? [...columns] : null
}
