import type { EventRow } from '../../../db/queries/log/events.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { jsonOf } from '../../../shared/session/event-json.ts'
import type { CommittedEvent } from '../reading/hub.ts'
import type { PendingChunk } from './pending.ts'
import type { Appender } from '../port.ts'

/** An event with its place in a session's log. */
export type SequencedEvent = CommittedEvent & { sessionId: SessionId; runId: RunId | null }

/** Places chunks behind the head of their log. */
export function sequenceChunks(
  sessionId: SessionId,
  head: number,
  chunks: readonly PendingChunk[],
): SequencedEvent[] {
  return chunks.map(({ hold, chunk }, index) => ({
    sessionId,
    seq: head + 1 + index,
    runId: hold.runId,
    event: chunk,
  }))
}

/** Places what is added behind what `batch` holds already, and adds it there. */
export function createAppender(
  sessionId: SessionId,
  head: number,
  batch: SequencedEvent[],
): Appender {
  return {
    get nextSeq() {
      return head + 1 + batch.length
    },
    add: (event, runId = null) => {
      const seq = head + 1 + batch.length
      batch.push({ sessionId, seq, runId, event })
      return seq
    },
    dropAll: () => {
      batch.length = 0
    },
  }
}

export function toRow({ sessionId, seq, runId, event }: SequencedEvent): EventRow {
  return { sessionId, seq, runId, type: event.type, data: jsonOf(event) }
}
