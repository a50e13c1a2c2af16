import { memo } from 'react'
import type { ReactNode } from 'react'
import { FencedBlock } from './code/fenced-block.tsx'
import { FootnoteView } from './footnote-view.tsx'
import { FormulaView } from './formula/formula.tsx'
import { renderInline } from './inline.tsx'
import { TableView } from './table.tsx'
import { standard } from './parsing/tokens.ts'
import type { ChatToken, Tokens } from './parsing/lex.ts'
import { useLanguage } from '../../language/language.ts'

/** One block of Markdown; rendered again only when its token is another object. */
export const BlockView = memo(function BlockView(props: {
  token: ChatToken
  /** Inside of a list or a quote, whose direction it has. */
  isInner?: boolean
}): ReactNode {
  useLanguage()
  const { token, isInner } = props
  switch (token.type) {
    case 'paragraph':
      return <p dir={isInner ? undefined : 'auto'}>{renderInline(standard(token.tokens))}</p>
    case 'heading':
      return <HeadingView token={token} />
    case 'code':
      return <FencedBlock code={token.text} language={language(token)} isWhole={isClosed(token)} />
    case 'formula':
      return <FormulaView text={token.text} raw={token.raw} isDisplay />
    case 'footnote':
      return <FootnoteView label={token.label}>{renderInline(standard(token.tokens))}</FootnoteView>
    case 'list':
      return <ListView list={token} />
    case 'table':
      return <TableView table={token} />
    case 'blockquote':
      return <blockquote dir="auto">{nested(token.tokens)}</blockquote>
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
  return standard(tokens).map((token, index) => <BlockView key={index} token={token} isInner />)
}

/** Headings of a message are below those of the page. */
function HeadingView({ token }: { token: Tokens.Heading }) {
  const Heading = (['h2', 'h3', 'h4', 'h5', 'h6', 'h6'] as const)[token.depth - 1] ?? 'h6'
  return (
    <Heading data-depth={token.depth} dir="auto">
      {renderInline(standard(token.tokens))}
    </Heading>
  )
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
    <ol dir="auto" start={list.start === '' ? 1 : list.start}>
      {items}
    </ol>
  ) : (
    <ul dir="auto">{items}</ul>
  )
}

const ItemView = memo(function ItemView({ item }: { item: Tokens.ListItem }) {
  useLanguage()
  return <li className={item.task ? 'task' : undefined}>{nested(item.tokens)}</li>
})
