import type { FullMessage, SessionOutline } from '../../../db/queries/transfer/exports.ts'
import type {
  ExportFile,
  ExportedCall,
  ExportedMessage,
  ExportedPart,
  ExportedRun,
  ExportedSession,
} from '../../../shared/contract/export.ts'
import type { LoggedEvent } from '../../../shared/contract/events.ts'
import type { FinalCall, FinalMessage } from '../../../shared/session/final-message.ts'
import { toFinalMessage } from '../../../shared/session/final-message.ts'

type Head<Whole, Last extends keyof Whole> = Omit<Whole, Last>

/** The JSON text of a file, in pieces: whatever its size, only a page of messages is in memory. */
export async function* fileAsJson(
  exportedAt: string,
  sessions: AsyncIterable<AsyncIterable<string>>,
): AsyncGenerator<string> {
  const head: Head<ExportFile, 'sessions'> = { format: 'throughline', version: 1, exportedAt }
  yield open(head, 'sessions')
  let separator = '\n'
  for await (const session of sessions) {
    yield separator
    yield* session
    separator = ',\n'
  }
  yield '\n]}\n'
}

/** The JSON text of one session, in pieces. */
export async function* sessionAsJson(
  { session, titleSource, activeLeaf }: SessionOutline,
  pages: AsyncIterable<FullMessage[]>,
): AsyncGenerator<string> {
  const { id, seq: _seq, running: _running, waiting: _waiting, ...told } = session
  const head: Head<ExportedSession, 'messages'> = { id, ...told, titleSource, activeLeaf }
  yield open(head, 'messages')
  let separator = '\n'
  for await (const page of pages) {
    for (const full of page) {
      yield separator + JSON.stringify(toExportedMessage(session, full))
      separator = ',\n'
    }
  }
  yield '\n]}'
}

/** The text of an object whose last property is a list that follows. */
function open(head: object, list: string): string {
  return `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(list)}:[`
}

/** A message in the form of files; a running answer with its text so far. */
export function toExportedMessage(
  session: SessionOutline['session'],
  full: FullMessage,
): ExportedMessage {
  return toExported(toFinalMessage(session, full.message, toEvents(full)), full)
}

export function toEvents({ chunks }: FullMessage): LoggedEvent[] {
  // The server wrote this data itself, so it is not validated again.
  return chunks.map(({ seq, data }) => ({ seq, event: JSON.parse(data) }))
}

function toExported(message: FinalMessage, { run }: FullMessage): ExportedMessage {
  const {
    id,
    parentId,
    createdAt,
    status,
    model,
    usage,
    error,
    rating,
    ratingComment,
    joinedPart,
  } = message
  const calls = new Map(run?.calls.map((stored) => [stored.call.id, stored]))
  const parts = message.parts.flatMap((part): ExportedPart[] => {
    if (part.type !== 'tool') {
      return [part]
    }
    const stored = calls.get(part.call.id)
    return stored ? [{ type: 'tool', call: toExportedCall(part.call, stored) }] : []
  })
  return message.role === 'user'
    ? {
        id,
        parentId,
        createdAt,
        role: 'user',
        ...(joinedPart !== undefined && { joinedPart }),
        parts,
      }
    : {
        id,
        parentId,
        createdAt,
        role: 'assistant',
        status,
        model,
        usage,
        error,
        run: run && toExportedRun(run),
        ...(rating && { rating }),
        ...(ratingComment && { ratingComment }),
        parts,
      }
}

function toExportedRun({ finish, startedAt, endedAt, steps }: Run): ExportedRun {
  return {
    finish,
    startedAt,
    endedAt,
    steps: steps.map(({ step, partsEnd, model, finish: ending, usage }) => ({
      step,
      partsEnd,
      model,
      finish: ending,
      usage: usage && withoutCost(usage),
    })),
  }
}

/** The message has the cost of all of it. */
function withoutCost({ costUsd: _, ...tokens }: NonNullable<Run['steps'][number]['usage']>) {
  return tokens
}

function toExportedCall(call: FinalCall, stored: Run['calls'][number]): ExportedCall {
  const { id: _id, ...told } = call
  const { step, providerId } = stored
  return { ...told, step, providerId, arguments: stored.arguments }
}

type Run = NonNullable<FullMessage['run']>
