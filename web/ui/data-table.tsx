import type { ReactNode } from 'react'

type Column = {
  name: string
  isFigure?: boolean
  /** Left out where the screen is narrow. */
  isExtra?: boolean
}

/** A table that scrolls sideways where it is too wide. The first cell of each row names it. */
export function DataTable(props: {
  label: string
  head: readonly Column[]
  rows: readonly { key: string; cells: readonly ReactNode[] }[]
  /** Said where there is no row. */
  none: string
}) {
  const { label, head, rows } = props
  if (rows.length === 0) return <p className="text-sm text-muted">{props.none}</p>
  return (
    <div
      role="group"
      aria-label={label}
      tabIndex={0}
      className="overflow-x-auto rounded-2xl border border-border bg-raised"
    >
      <table className="w-full text-sm">
        <caption className="sr-only">{label}</caption>
        <thead className="border-b border-border text-xs text-muted">
          <tr>
            {head.map((column) => (
              <th
                key={column.name}
                className={`px-2 py-2.5 font-medium whitespace-nowrap first:ps-4 last:pe-4 ${column.isFigure ? '' : 'text-start'} ${styleOf(column)}`}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [first, ...rest] }) => (
            <tr key={key} className="not-last:border-b not-last:border-border">
              <th
                scope="row"
                className="min-w-28 px-2 py-2.5 ps-4 text-start align-top font-normal"
              >
                {first}
              </th>
              {rest.map((cell, index) => (
                <td
                  key={head[index + 1]?.name}
                  className={`px-2 py-2.5 align-top last:pe-4 ${styleOf(head[index + 1])}`}
                >
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function styleOf(column: Column | undefined): string {
  return `${column?.isFigure ? 'text-end whitespace-nowrap tabular-nums' : ''} ${column?.isExtra ? 'max-sm:hidden' : ''}`
}
