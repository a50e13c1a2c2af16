import { memo } from 'react'
import type { ReactNode } from 'react'
import { CodeBlock } from './code/code-block.tsx'
import { renderInline } from './inline.tsx'
import { standard } from './lex.ts'
import type { MarkedToken, Tokens } from './lex.ts'

/** One block of Markdown; rendered again only when its token is another object. */
export const BlockView = memo(function BlockView({ token }: { token: MarkedToken }): ReactNode {
  switch (token.type) {
    case 'paragraph':
      return <p>{renderInline(standard(token.tokens))}</p>
    case 'heading':
      return <HeadingView token={token} />
    case 'code':
      return <CodeBlock code={token.text} language={language(token)} isWhole={isClosed(token)} />
    case 'list':
      return <ListView list={token} />
    case 'table':
      return <TableView table={token} />
    case 'blockquote':
      return <blockquote>{nested(token.tokens)}</blockquote>
    case 'hr':
      return <hr />
    case 'space':
    case 'def':
      return null
    default:
      return renderInline([token])
  }
})

function nested(tokens: Tokens.Blockquote['tokens']): ReactNode[] {
  return standard(tokens).map((token, index) => <BlockView key={index} token={token} />)
}

/** Headings of a message are below those of the page. */
function HeadingView({ token }: { token: Tokens.Heading }) {
  const Heading = (['h2', 'h3', 'h4', 'h5', 'h6', 'h6'] as const)[token.depth - 1] ?? 'h6'
  return <Heading data-depth={token.depth}>{renderInline(standard(token.tokens))}</Heading>
}

function language(token: Tokens.Code): string {
  return token.lang?.split(/\s/, 1)[0] ?? ''
}

/** Returns true when the code block has its closing fence. */
function isClosed({ raw }: Tokens.Code): boolean {
  const [, fence] = /^ {0,3}(`{3,}|~{3,})/.exec(raw) ?? []
  return fence !== undefined && raw.trimEnd().endsWith(`\n${fence}`)
}

function ListView({ list }: { list: Tokens.List }) {
  const items = list.items.map((item, index) => <ItemView key={index} item={item} />)
  return list.ordered ? (
    <ol start={list.start === '' ? 1 : list.start}>{items}</ol>
  ) : (
    <ul>{items}</ul>
  )
}

const ItemView = memo(function ItemView({ item }: { item: Tokens.ListItem }) {
  return <li className={item.task ? 'task' : undefined}>{nested(item.tokens)}</li>
})

function TableView({ table }: { table: Tokens.Table }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Table">
      <table>
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
  )
}

const RowView = memo(function RowView({ cells }: { cells: Tokens.TableCell[] }) {
  return (
    <tr>
      {cells.map((cell, index) => {
        const Cell = cell.header ? 'th' : 'td'
        return (
          <Cell key={index} style={cell.align ? { textAlign: cell.align } : undefined}>
            {renderInline(standard(cell.tokens))}
          </Cell>
        )
      })}
    </tr>
  )
})
