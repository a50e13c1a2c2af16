import { memo } from 'react'
import { CopyButton } from '../controls/copy-button.tsx'
import { csvOf } from './csv.ts'
import { renderInline } from './inline.tsx'
import type { Tokens } from './parsing/lex.ts'
import { standard } from './parsing/tokens.ts'
import { t } from '../../language/t.ts'

export function TableView({ table }: { table: Tokens.Table }) {
  return (
    <div className="table-frame">
      {/* It begins to scroll where the table does. */}
      <div dir="auto" className="table-scroll" tabIndex={0} role="group" aria-label={t('Table')}>
        {/* The columns run as the header reads: cells have a direction of their own. */}
        <table dir="auto">
          {/* Tables of names and values often have an empty header, because Markdown requires one. */}
          <thead hidden={table.header.every((cell) => cell.text === '')}>
            <RowView cells={table.header} />
          </thead>
          <tbody>
            {table.rows.map((cells, index) => (
              <RowView key={index} cells={cells} />
            ))}
          </tbody>
        </table>
      </div>
      <CopyButton label={t('Copy as CSV')} text={() => csvOf(table)} className="table-copy" />
    </div>
  )
}

const RowView = memo(function RowView({ cells }: { cells: Tokens.TableCell[] }) {
  return (
    <tr>
      {cells.map((cell, index) => {
        const Cell = cell.header ? 'th' : 'td'
        return (
          <Cell
            key={index}
            dir={cell.header ? undefined : 'auto'}
            style={cell.align ? { textAlign: cell.align } : undefined}
            className={cell.header || /\p{L}/u.test(cell.text) ? undefined : 'without-letters'}
          >
            {renderInline(standard(cell.tokens))}
          </Cell>
        )
      })}
    </tr>
  )
})
