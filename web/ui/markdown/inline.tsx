import { ImageIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { decodeEntities } from './parsing/entities.ts'
import { FootnoteMark } from './footnote-view.tsx'
import { FormulaView } from './formula/formula.tsx'
import { standard } from './parsing/tokens.ts'
import type { ChatToken } from './parsing/lex.ts'
import { safeLink } from './parsing/safe-link.ts'
import { t } from '../../language/t.ts'

/** Renders the inline content of a paragraph, heading or cell. */
export function renderInline(tokens: readonly ChatToken[]): ReactNode[] {
  return tokens.map((token, index) => inline(token, index))
}

function inline(token: ChatToken, key: number): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong key={key}>{renderInline(standard(token.tokens))}</strong>
    case 'em':
      return <em key={key}>{renderInline(standard(token.tokens))}</em>
    case 'del':
      return <del key={key}>{renderInline(standard(token.tokens))}</del>
    case 'codespan':
      return <code key={key}>{token.text}</code>
    case 'br':
      return <br key={key} />
    case 'link':
      return (
        <SafeLink key={key} href={token.href} title={token.title}>
          {renderInline(standard(token.tokens))}
        </SafeLink>
      )
    case 'image':
      return <ImageLink key={key} href={token.href} text={token.text} />
    case 'html':
      return isLineBreak(token.text) ? <br key={key} /> : token.text
    case 'checkbox':
      return (
        <input key={key} type="checkbox" checked={token.checked} disabled aria-label={t('Task')} />
      )
    case 'text':
      return token.tokens ? renderInline(standard(token.tokens)) : decodeEntities(token.text)
    case 'escape':
      return decodeEntities(token.text)
    case 'formula':
      return <FormulaView key={key} text={token.text} raw={token.raw} isDisplay={token.isDisplay} />
    case 'footnoteMark':
      return <FootnoteMark key={key} label={token.label} />
    default:
      return token.raw
  }
}

/** The only HTML that is rendered: models use it for a line break in a table cell, for which Markdown has no syntax. */
function isLineBreak(html: string): boolean {
  return /^<br\s*\/?>$/i.test(html)
}

function SafeLink(props: { href: string; title?: string | null | undefined; children: ReactNode }) {
  const href = safeLink(props.href)
  if (!href) return props.children
  return (
    <a href={href} title={props.title || undefined} target="_blank" rel="noopener noreferrer">
      {props.children}
    </a>
  )
}

/** An image is shown as a link: loading it would tell its server who reads the message, and when. */
function ImageLink({ href, text }: { href: string; text: string }) {
  const label = text || t('Image')
  const address = safeLink(href)
  if (!address) return label
  return (
    <a href={address} target="_blank" rel="noopener noreferrer" className="image-link">
      <ImageIcon aria-hidden size={14} />
      {label}
    </a>
  )
}
