import type { EventRow } from '../../../db/queries/log/events.ts'
import type { ChunkEvent } from '../../../shared/contract/events.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { jsonOf } from '../../../shared/session/event-json.ts'
import type { AppendedEvent, LoggedSessionEvent } from '../events.ts'
import type { PendingChunk } from './pending.ts'

/** Adds events inside an `append`, behind everything that the session's log has or is about to get. */
export type Appender = {
  /** The `seq` of the next event. */
  readonly nextSeq: number
  /**
   * Text of a run that waited and is committed with this transaction, in front of the events that are added: it is in
   * the log with them, but not read from the database yet.
   */
  textOf(runId: RunId): ChunkEvent[]
  /** Adds the event and returns its `seq`. */
  add(event: AppendedEvent, runId?: RunId | null): number
  /**
   * Drops everything that the transaction would add, also text of a running answer, because the log itself is deleted.
   */
  dropAll(): void
}

/** An event with its session, `seq` and run. */
export type SequencedEvent = LoggedSessionEvent & { runId: RunId | null }

/** Numbers chunks from the head of their log on. */
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

/** Returns an appender that numbers events behind those of `batch`, and adds them to it. */
export function createAppender(
  sessionId: SessionId,
  head: number,
  batch: SequencedEvent[],
): Appender {
  return {
    get nextSeq() {
      return head + 1 + batch.length
    },
    textOf: (runId) =>
      batch.flatMap(({ runId: of, event }) =>
        of === runId && event.type === 'chunk' ? [event] : [],
      ),
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
