import type { FileId } from '../../../shared/contract/ids.ts'
import type { McpContent, McpOutput } from '../../../shared/contract/mcp-output.ts'
import { t } from '../../language/t.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * The result of an MCP server's tool as far as it can be shown; null for another shape, as an imported call may have.
 */
export function readMcpAnswer(output: unknown): McpOutput | null {
  if (!isRecord(output) || !Array.isArray(output.content)) return null
  const content = output.content.map(readPiece)
  const { structuredContent, notes } = output
  if (!content.every((piece) => piece !== null)) return null
  return {
    content,
    ...(structuredContent !== undefined && { structuredContent }),
    ...(Array.isArray(notes) && { notes: notes.filter((note) => typeof note === 'string') }),
  }
}

/** The result with images replaced by their sizes. */
export function withoutPictures(answer: McpOutput): unknown {
  return {
    ...answer,
    content: answer.content.map((piece) =>
      piece.type === 'image'
        ? {
            ...piece,
            data: t('{count, plural, one {# byte} other {# bytes}}', { count: sizeOf(piece.data) }),
          }
        : piece,
    ),
  }
}

/**
 * Returns true when a text repeats the structured data: servers add it for clients that do not support structured data.
 */
export function isDataAgain(text: string, structuredContent: unknown): boolean {
  return structuredContent !== undefined && sameJson(text, JSON.stringify(structuredContent))
}

/** Returns true when a text has the marks of Markdown: without any its lines are kept as they are. */
export function looksLikeMarkdown(text: string): boolean {
  return /^#{1,6} \S|^ {0,3}[-*+] \S|^ {0,3}\d{1,3}\. \S|^\|.*\| *$|^ {0,3}```|\*\*[^\s*][^*\n]*\*\*|\]\(https?:/m.test(
    text,
  )
}

function readPiece(piece: unknown): McpContent | null {
  if (!isRecord(piece)) return null
  const { type, id, text, mimeType, data, uri, name, description } = piece
  if (type === 'text' && typeof text === 'string') return { type, text }
  if (type === 'file' && typeof id === 'string') return { type, id: id as FileId }
  if (type === 'link' && typeof uri === 'string' && typeof name === 'string') {
    return { type, uri, name, ...(typeof description === 'string' && { description }) }
  }
  const picture = PICTURES.find((known) => known === mimeType)
  return type === 'image' && picture && typeof data === 'string' && BASE64.test(data)
    ? { type, mimeType: picture, data }
    : null
}

function sameJson(text: string, json: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === json
  } catch {
    return false
  }
}

function sizeOf(base64: string): number {
  return Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
}
