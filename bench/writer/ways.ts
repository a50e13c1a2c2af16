import type { Database } from '../../db/engine/database.ts'
import type { EventRow } from '../../db/queries/log/events.ts'
import type { Hub } from '../../server/log/reading/hub.ts'
import { toRow } from '../../server/log/writing/sequenced-events.ts'
import { LogWriter } from '../../server/log/writing/writer.ts'
import type { ChunkEvent } from '../../shared/contract/events.ts'
import type { Stream } from './streams.ts'

/** A design for delivering tokens to readers: ours, and those it is compared with. */
export type Way = {
  send(stream: Stream, chunk: ChunkEvent): void
  /** Totals since the start. */
  readonly written: { commits: number; rows: number }
  /** Discards what is not written yet. */
  abandon(): void
}

export type OpenWay = (database: Database, hub: Hub) => Way

export const WAY_NAMES = ['throughline', 'commit-each', 'no-database'] as const
export type WayName = (typeof WAY_NAMES)[number]

export const ways: Record<WayName, OpenWay> = {
  throughline: openGroupCommit,
  'commit-each': openCommitEach,
  'no-database': openNoDatabase,
}

/** The server's own log writer, with the server's own timing. */
function openGroupCommit(database: Database, hub: Hub): Way {
  const written = { commits: 0, rows: 0 }
  const writer = new LogWriter({
    database: counting(database, written),
    hub,
    paceMs: 8,
    onTrouble: fail,
    onFenced: fail,
  })
  return {
    written,
    send: (stream, chunk) => {
      writer.chunk(stream.sessionId, stream.hold, chunk, chunk.offset === 0).catch(fail)
    },
    abandon: () => {},
  }
}

/**
 * The naive design: each token is inserted, committed and then shown before the next one of its stream is taken. It
 * uses the same prepared statement and the same number of connections as ours.
 */
function openCommitEach(database: Database, hub: Hub): Way {
  const written = { commits: 0, rows: 0 }
  const { insertChunks } = counting(database, written)
  const queues = new Map<Stream, ChunkEvent[]>()
  let abandoned = false

  async function writeAll(stream: Stream, queue: ChunkEvent[]): Promise<void> {
    let seq = 0
    // The queue lives as long as the stream; its worker waits for further events.
    for (;;) {
      const event = queue[seq]
      if (abandoned) return
      if (!event) {
        await moreOf(stream)
        continue
      }
      seq += 1
      const placed = {
        sessionId: stream.sessionId,
        runId: stream.hold.runId,
        seq,
        event,
      }
      await insertChunks([toRow(placed)])
      hub.publish(stream.sessionId, [placed])
    }
  }

  const waiting = new Map<Stream, () => void>()
  function moreOf(stream: Stream): Promise<void> {
    return new Promise((resolve) => waiting.set(stream, resolve))
  }

  return {
    written,
    send: (stream, chunk) => {
      const queue = queues.get(stream)
      if (queue) {
        queue.push(chunk)
      } else {
        const begun = [chunk]
        queues.set(stream, begun)
        writeAll(stream, begun).catch(fail)
      }
      waiting.get(stream)?.()
      waiting.delete(stream)
    },
    abandon: () => {
      abandoned = true
      for (const wake of waiting.values()) wake()
    },
  }
}

/** Tokens are shown and never stored: a lower bound for every design, and the cost of the load generator itself. */
function openNoDatabase(_database: Database, hub: Hub): Way {
  return {
    written: { commits: 0, rows: 0 },
    send: (stream, event) => hub.publish(stream.sessionId, [{ seq: stream.sent, event }]),
    abandon: () => {},
  }
}

function counting(database: Database, written: { commits: number; rows: number }): Database {
  return {
    ...database,
    insertChunks: async (rows: readonly EventRow[]) => {
      await database.insertChunks(rows)
      written.commits += 1
      written.rows += rows.length
    },
  }
}

/** The figures of a benchmark whose database fails would be meaningless. */
function fail(error: unknown): never {
  throw new Error('a way to write failed', { cause: error })
}
