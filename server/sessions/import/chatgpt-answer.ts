import type { File } from '../../../shared/contract/file.ts'
import type {
  ExportedCall,
  ExportedMessage,
  ExportedPart,
} from '../../../shared/contract/export.ts'
import { withCitations } from './chatgpt-citations.ts'
import type { ChatGptMessage } from './chatgpt-file.ts'
import { codeOf, textOf, thoughtsOf, storedFilesOf } from './chatgpt-text.ts'

/**
 * The model's answer between two user messages. In the file it is several nodes (reasoning, calls, their results,
 * text), here one message; where the nodes fork, each path is an answer of its own.
 */
export type Answer = {
  /** The last node of the answer so far, whose id it gets. */
  id: string
  nodes: readonly string[]
  parts: readonly ExportedPart[]
  createdAt: string
  model: string | null
  cut: boolean
}

/** The answer with one more node; null while it has nothing to show. */
export function extendAnswer(
  { parent, answer }: { parent: ExportedMessage | null; answer: Answer | null },
  id: string,
  message: ChatGptMessage,
  at: string,
): Answer | null {
  const parts = addParts(answer?.parts ?? [], id, message, parent?.role === 'user')
  return parts.length === 0
    ? answer
    : {
        id,
        nodes: [...(answer?.nodes ?? []), id],
        parts,
        createdAt: answer?.createdAt ?? at,
        model: answer?.model ?? (clean(message.metadata?.model_slug ?? '') || null),
        cut: message.status === 'in_progress',
      }
}

/** @param callable true when a call can be kept as one: it belongs to the answer to a question */
function addParts(
  parts: readonly ExportedPart[],
  id: string,
  { author, content, recipient, metadata }: ChatGptMessage,
  callable: boolean,
): readonly ExportedPart[] {
  const text = withCitations(textOf(content), metadata)
  if (author.role === 'tool') {
    return callable
      ? addResult(parts, id, author.name ?? 'tool', { output: text, files: storedFilesOf(content) })
      : parts
  }
  if (recipient && recipient !== 'all') {
    return callable ? [...parts, toCall(parts, id, recipient, codeOf(content))] : parts
  }
  const thoughts = thoughtsOf(content)
  return [
    ...parts,
    ...(thoughts === '' ? [] : [{ type: 'reasoning' as const, text: thoughts }]),
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...storedFilesOf(content).map((file) => ({ type: 'file' as const, file })),
  ]
}

function addResult(
  parts: readonly ExportedPart[],
  id: string,
  name: string,
  { output, files }: { output: string; files: File[] },
): readonly ExportedPart[] {
  const waiting = parts.findLastIndex(
    (part) => part.type === 'tool' && part.call.output === undefined,
  )
  const part = parts[waiting] ?? toCall(parts, id, name, null)
  if (part.type !== 'tool') {
    return parts
  }
  const { error: _, ...call } = part.call
  const done: ExportedPart = {
    type: 'tool',
    call: { ...call, status: 'completed', output, ...(files.length > 0 && { files }) },
  }
  return waiting < 0 ? [...parts, done] : parts.with(waiting, done)
}

function toCall(
  parts: readonly ExportedPart[],
  id: string,
  name: string,
  input: string | null,
): { type: 'tool'; call: ExportedCall } {
  return {
    type: 'tool',
    call: {
      // Names of tools and ids of calls that every provider accepts, in case the conversation goes on.
      name: `chatgpt__${name.replaceAll(/[^\w-]/g, '_').slice(0, 50)}`,
      source: 'mcp:chatgpt',
      effect: 'read',
      status: 'failed',
      error: 'ChatGPT’s export has no result of this call.',
      input: { text: input },
      step: parts.filter((part) => part.type === 'tool').length,
      providerId: `call_${id.replaceAll(/[^\w]/g, '').slice(0, 32)}`,
      arguments: clean(JSON.stringify({ text: input })),
    },
  }
}

export function toMessage(answer: Answer, parent: ExportedMessage | null): ExportedMessage {
  const { id, createdAt, model, parts } = answer
  const steps = parts.flatMap((part, index) =>
    part.type === 'tool'
      ? [
          {
            step: part.call.step,
            partsEnd: index + 1,
            model: model ?? 'chatgpt',
            finish: 'tool-calls',
            usage: null,
          },
        ]
      : [],
  )
  return {
    id,
    parentId: parent?.id ?? null,
    role: 'assistant',
    createdAt,
    status: answer.cut ? 'interrupted' : 'completed',
    model,
    usage: null,
    error: null,
    run: steps.length === 0 ? null : { finish: null, startedAt: null, endedAt: null, steps },
    parts: [...parts],
  }
}

/** Removes the character that a column cannot store. */
export function clean(text: string): string {
  return text.replaceAll('\u0000', '')
}
