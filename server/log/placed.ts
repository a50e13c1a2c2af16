import type { EventRow } from '../../db/events.ts'
import type { RunId, SessionId } from '../../shared/contract/ids.ts'
import type { CommittedEvent } from './hub.ts'
import type { PendingChunk } from './pending.ts'
import type { AppendedEvent, Appender } from './port.ts'

/** An event with its place in a session's log. */
export type PlacedEvent = CommittedEvent & { sessionId: SessionId; runId: RunId | null }

/** Places chunks behind the head of their log. */
export function placeChunks(
  sessionId: SessionId,
  head: number,
  chunks: readonly PendingChunk[],
): PlacedEvent[] {
  return chunks.map(({ hold, chunk }, index) => ({
    sessionId,
    seq: head + 1 + index,
    runId: hold.runId,
    event: chunk,
    branch: false,
  }))
}

/** Places what is added behind what `batch` holds already, and adds it there. */
export function createAppender(sessionId: SessionId, head: number, batch: PlacedEvent[]): Appender {
  const add = (event: AppendedEvent, runId: RunId | null, branch: boolean) => {
    const seq = head + 1 + batch.length
    batch.push({ sessionId, seq, runId, event, branch })
    return seq
  }
  return {
    get nextSeq() {
      return head + 1 + batch.length
    },
    add: (event, runId) => add(event, runId ?? null, false),
    addBranch: (event) => add(event, null, true),
  }
}

export function toRow({ sessionId, seq, runId, event, branch }: PlacedEvent): EventRow {
  return {
    sessionId,
    seq,
    runId,
    type: branch ? 'branch' : event.type,
    data: JSON.stringify(event),
  }
}
