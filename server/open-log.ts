import type { Database } from '../db/engine/database.ts'
import type { SessionId } from '../shared/contract/ids.ts'
import type { Config } from './config/config.ts'
import { repeating } from './concurrency/repeating.ts'
import { RemoteFeed } from './log/reading/feed.ts'
import { Hub } from './log/reading/hub.ts'
import { LogReader } from './log/reading/reader.ts'
import { LogWriter } from './log/writing/writer.ts'
import type { OnError } from './log-ids.ts'
import { LocalNode } from './nodes/node.ts'
import { openWake } from './open-resources.ts'
import { changesList } from './sessions/changes.ts'
import type { LocalSessionChanges } from './sessions/changes.ts'
import { traceDelivery } from './telemetry/delivery.ts'
import { OFF } from './telemetry/telemetry.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { traceCommits } from './telemetry/traced.ts'

type HubOptions = ConstructorParameters<typeof Hub>
type NodeOptions = ConstructorParameters<typeof LocalNode>[0]
type WriterOptions = ConstructorParameters<typeof LogWriter>[0]

type LogDeps = {
  nodeId: string
  database: Database
  databaseClock: NodeOptions['clock']
  config: Config
  telemetry: Telemetry
  changes: LocalSessionChanges
}

type LogListener = {
  committed(sessionId: SessionId, events: Parameters<NonNullable<HubOptions[0]>>[1]): void
  /** A session was deleted, on any node. */
  closed(sessionId: SessionId): void
  /** Another attempt has the run for which something was to be written. */
  fenced: NonNullable<WriterOptions['onFenced']>
  /** A message of another node arrived. */
  heard(message: Parameters<NodeOptions['onMessage']>[0]): Promise<void>
  onError: OnError
}

/** The sessions' logs: writer and readers of this node, and the notifications between the nodes. */
export async function openLog(
  { nodeId, database, databaseClock, config, telemetry, changes }: LogDeps,
  { committed, closed, fenced, heard, onError }: LogListener,
) {
  const hub = new Hub(
    (sessionId, events) => {
      committed(sessionId, events)
      if (events.some((one) => changesList(one))) {
        changes.touch(sessionId)
      }
    },
    { observer: telemetry === OFF ? null : traceDelivery(telemetry), onClose: closed },
  )
  const feed = new RemoteFeed(database, hub)
  const catchUp = repeating(async () => {
    await feed.catchUp()
    await feed.closeDeleted()
    await changes.poll()
    return false
  })
  const wake = await openWake(config, onError)
  const node = new LocalNode({
    id: nodeId,
    database,
    leaseSeconds: config.runs.leaseMs / 1000,
    clock: databaseClock,
    wake,
    onMessage: (message) => {
      heard(message).catch((error: unknown) =>
        onError(error, 'a message of another node could not be handled'),
      )
    },
    onPoll: catchUp,
    onError,
  })
  const log = new LogWriter({
    database,
    hub,
    paceMs: 8,
    onTrouble: (error) => onError(error, 'a commit failed and is tried again'),
    payload: (events) => node.payload(events),
    ...(wake && { onCommitted: (events) => node.committed(events) }),
    onFenced: fenced,
    ...(telemetry !== OFF && { traceCommit: traceCommits(telemetry) }),
  })
  return { hub, reader: new LogReader(database, hub), feed, wake, node, log, catchUp }
}
