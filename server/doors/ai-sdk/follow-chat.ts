import { findDoorRun } from '../../../db/queries/doors/responses.ts'
import { callsOfRuns } from '../../../db/queries/messages/tool-calls.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import type { DoorRequest } from '../request.ts'
import { runEvents } from '../run-events.ts'
import { settleAnswer } from '../settle-answer.ts'
import { UiChunks } from './chunks.ts'
import type { Chunk } from './chunks.ts'
import { waitsForOthers } from '../../../shared/session/waiting-call.ts'

/** The place where a stream begins: after the reader's place in the log, or after the calls that were just answered. */
export type From = { after: number } | { answered: ReadonlySet<CallId> }

/**
 * One answer as server-sent events, until it ends or waits for somebody. The last event of each place in the log has
 * that place as its id, so that a reader resumes exactly there.
 */
export async function* followChat(
  { services, signal, userId }: DoorRequest,
  run: DoorRun,
  from: From,
): AsyncGenerator<string, void, void> {
  const { database } = services
  await settleAnswer({ database }, run, signal)
  const chunks = new UiChunks(run)
  const answered = 'answered' in from ? [...from.answered] : []
  /** The calls in the log so far, and whether the run waits for each. */
  const calls = new Map<CallId, boolean>()
  let isSaid = answered.length === 0
  for await (const { seq, event } of runEvents(services, run, signal)) {
    const said = chunks.translate(event)
    const isWaiting =
      event.type === 'message' &&
      event.message.id === run.messageId &&
      event.message.status === 'waiting'
    if (event.type === 'tool' && event.messageId === run.messageId) {
      calls.set(event.call.id, waitsForOthers(event.call))
    }
    // Calls may be answered before the run begins to wait for them, and then no event says that it waits.
    const begins =
      !isSaid &&
      (answered.every((id) => calls.get(id) === false) ||
        (isWaiting && answered.every((id) => calls.has(id))))
    if (begins) {
      isSaid = true
      yield* lines(null, chunks.again())
    }
    if (isSaid && !('after' in from && seq <= from.after)) yield* lines(seq, said)
    if (isWaiting && isSaid && !begins && (await isPaused(calls))) {
      yield* lines(seq, chunks.pause())
      break
    }
    if (event.type === 'end' && event.runId === run.runId) break
  }
  yield 'data: [DONE]'

  /** True when the run still waits for the same calls, and not for later ones. */
  async function isPaused(known: ReadonlyMap<CallId, boolean>): Promise<boolean> {
    const now = await findDoorRun(database.db, userId, run.runId, 0)
    if (now?.status !== 'waiting') return false
    const stored = (await callsOfRuns(database.db, [run.runId])).get(run.runId) ?? []
    // Each answer to a call resumes the run, so it cannot wait for other calls before one of these is answered.
    return stored.every(({ call }) => waitsForOthers(call) === (known.get(call.id) ?? false))
  }
}

/** Events that are written together; none when there is nothing to send. */
function* lines(seq: number | null, chunks: readonly Chunk[]): Generator<string> {
  if (chunks.length === 0) return
  const written = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}`)
  const last = written.pop() ?? ''
  yield [...written, seq === null ? last : `id: ${seq}\n${last}`].join('\n\n')
}
