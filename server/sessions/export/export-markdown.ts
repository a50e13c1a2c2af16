import type { FullMessage } from '../../../db/queries/transfer/exports.ts'
import type { Session } from '../../../shared/contract/session.ts'
import type { FinalCall, FinalMessage } from '../../../shared/session/final-message.ts'
import { toFinalMessage } from '../../../shared/session/final-message.ts'
import { toEvents } from './export-json.ts'
import { fenced, inline, quoted } from './markdown.ts'

/**
 * A conversation as Markdown, in pieces. All messages are in quotes, so that they cannot look like anything else of the
 * file.
 */
export async function* sessionAsMarkdown(
  session: Session,
  pages: AsyncIterable<FullMessage[]>,
): AsyncGenerator<string> {
  yield `# ${inline(session.title ?? 'Conversation')}\n\n`
  yield `*Begun ${session.createdAt}, last active ${session.updatedAt}.*\n`
  if (session.systemPrompt) {
    yield `\n## Instructions\n\n${quoted(session.systemPrompt)}\n`
  }
  if (session.summary) {
    yield `\n## Summary\n\n${quoted(session.summary)}\n`
  }
  for await (const page of pages) {
    for (const full of page) {
      yield asMarkdown(toFinalMessage(session, full.message, toEvents(full)))
    }
  }
}

function asMarkdown(message: FinalMessage): string {
  const who =
    message.role === 'user'
      ? 'You'
      : `Assistant${message.model === null ? '' : ` (${inline(message.model)})`}`
  const pieces = [`## ${who}`, `*${message.createdAt}*`, ...message.parts.map(partAsMarkdown)]
  if (message.status !== 'completed') {
    const why = message.error ? `: ${inline(message.error.message)}` : '.'
    pieces.push(`*This answer is not complete (${message.status})${why}*`)
  }
  return `\n${pieces.join('\n\n')}\n`
}

function partAsMarkdown(part: FinalMessage['parts'][number]): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return quoted(part.text)
    case 'reasoning':
      return folded('Reasoning', quoted(part.text))
    case 'file':
      return `*File: ${inline(part.file.name)} (${part.file.mimeType}, ${part.file.bytes} bytes)*`
    case 'tool':
      return callAsMarkdown(part.call)
  }
}

function callAsMarkdown(call: FinalCall): string {
  const told = [fenced('json', JSON.stringify(call.input, null, 2) ?? 'null')]
  if (call.output !== undefined) {
    told.push(fenced('json', JSON.stringify(call.output, null, 2)))
  }
  if (call.error !== undefined) {
    told.push(fenced('text', call.error))
  }
  return folded(`Tool ${inline(call.name)}: ${call.status}`, told.join('\n\n'))
}

function folded(summary: string, content: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${content}\n\n</details>`
}
