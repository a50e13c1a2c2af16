import { findDoorRun } from '../../../db/queries/doors/responses.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import { rawEvents } from '../../log/reading/raw-events.ts'
import type { DoorRequest } from '../request.ts'
import { settleAnswer } from '../settle-answer.ts'
import { UiChunks } from './chunks.ts'
import type { Chunk } from './chunks.ts'

/** From where a stream says an answer: after a place that the reader has, or after the calls that it just answered. */
export type From = { after: number } | { answered: ReadonlySet<CallId> }

/**
 * One answer as server-sent events, until it ends, or waits for somebody. The last event of what one place of the log says
 * has that place as its id: a reader that takes events up to an id at once goes on from there exactly.
 */
export async function* followChat(
  { services, signal, userId }: DoorRequest,
  run: DoorRun,
  from: From,
): AsyncGenerator<string, void, void> {
  const { database } = services
  await settleAnswer({ database }, run, signal)
  const chunks = new UiChunks(run)
  const left = 'answered' in from ? new Set(from.answered) : new Set<CallId>()
  let isSaid = left.size === 0
  for await (const { seq, event } of rawEvents(services, { ...run, signal })) {
    const said = chunks.translate(event)
    const isWaiting =
      event.type === 'message' &&
      event.message.id === run.messageId &&
      event.message.status === 'waiting'
    if (isSaid && !('after' in from && seq <= from.after)) yield* lines(seq, said)
    if (event.type === 'tool') left.delete(event.call.id)
    const isEnd = event.type === 'end' && event.runId === run.runId
    if (isWaiting && !isSaid && left.size === 0) {
      isSaid = true
      yield* lines(null, chunks.again())
    } else if (isWaiting) {
      const now = await findDoorRun(database.db, userId, run.runId, 0)
      if (now?.status === 'waiting' && isSaid) {
        yield* lines(seq, chunks.pause())
        break
      }
    }
    if (isEnd) break
  }
  yield 'data: [DONE]'
}

function* lines(seq: number | null, chunks: readonly Chunk[]): Generator<string> {
  for (const [index, chunk] of chunks.entries()) {
    const isLast = index === chunks.length - 1
    yield `${isLast && seq !== null ? `id: ${seq}\n` : ''}data: ${JSON.stringify(chunk)}`
  }
}
