import type { McpOutput } from '../../../shared/contract/mcp-output.ts'
import { Markdown } from '../../ui/markdown/markdown.tsx'
import { safeLink } from '../../ui/markdown/parsing/safe-link.ts'
import { isDataAgain, looksLikeMarkdown } from './mcp-answer.ts'
import { StructuredData } from './structured-data.tsx'
import { t } from '../../language/t.ts'

/**
 * The result of an MCP server's tool: texts, structured data field by field, and images that are contained in it (never
 * loaded from elsewhere).
 */
export function McpResult({ tool, answer }: { tool: string; answer: McpOutput }) {
  const { content, structuredContent, notes = [] } = answer
  const pieces = content.filter(
    // Files stand below, with those of every other tool.
    (piece) =>
      piece.type !== 'file' &&
      (piece.type !== 'text' || !isDataAgain(piece.text, structuredContent)),
  )
  return (
    <div className="grid gap-3 text-sm">
      {structuredContent !== undefined && <StructuredData data={structuredContent} />}
      {pieces.map((piece, index) => (
        <Piece key={index} piece={piece} tool={tool} />
      ))}
      {notes.map((note) => (
        <p key={note} className="text-xs text-muted">
          {note}
        </p>
      ))}
    </div>
  )
}

function Piece({ piece, tool }: { piece: McpOutput['content'][number]; tool: string }) {
  switch (piece.type) {
    case 'text':
      return <LongText text={piece.text} />
    case 'image':
      return (
        <img
          src={`data:${piece.mimeType};base64,${piece.data}`}
          alt={t('From {tool}', { tool })}
          decoding="sync"
          className="max-h-96 max-w-full justify-self-start rounded-lg border border-border"
        />
      )
    case 'file':
      return null
    case 'link':
      return <Link piece={piece} />
  }
}

function LongText({ text }: { text: string }) {
  const isLong = text.length > 600 || text.split('\n').length > 12
  if (looksLikeMarkdown(text)) {
    return (
      <div
        tabIndex={isLong ? 0 : undefined}
        role={isLong ? 'group' : undefined}
        aria-label={isLong ? t('Answer of the tool') : undefined}
        className="max-h-96 overflow-y-auto"
      >
        <Markdown text={text} />
      </div>
    )
  }
  return (
    <p
      dir="auto"
      // A scrolling element must be focusable by keyboard.
      tabIndex={isLong ? 0 : undefined}
      className="max-h-72 overflow-y-auto leading-5 wrap-anywhere whitespace-pre-wrap"
    >
      {text}
    </p>
  )
}

function Link({ piece }: { piece: Extract<McpOutput['content'][number], { type: 'link' }> }) {
  const href = safeLink(piece.uri)
  return (
    <p className="wrap-anywhere">
      {href ? (
        <a
          href={href}
          target="_blank"
          rel="noopener noreferrer nofollow"
          className="text-accent underline underline-offset-2"
        >
          {piece.name}
        </a>
      ) : (
        <>
          {piece.name} <span className="font-mono text-xs text-muted">{piece.uri}</span>
        </>
      )}
      {piece.description && <bdi className="block text-xs text-muted">{piece.description}</bdi>}
    </p>
  )
}
