import type { EventRow } from '../../../db/queries/log/events.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { jsonOf } from '../../../shared/session/event-json.ts'
import type { AppendedEvent, LoggedSessionEvent } from '../events.ts'
import type { PendingChunk } from './pending.ts'

/** Adds events inside an `append`, after everything that the session's log already holds or is about to. */
export type Appender = {
  /** The place that the next event will have. */
  readonly nextSeq: number
  /** Adds the event and returns its place in the log. */
  add(event: AppendedEvent, runId?: RunId | null): number
  /** Drops what the transaction would have added, text of a running answer included: the log itself is deleted. */
  dropAll(): void
}

/** An event with its place in a session's log. */
export type SequencedEvent = LoggedSessionEvent & { runId: RunId | null }

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
