import type { Database } from '../db/engine/database.ts'
import { findDeleted } from '../db/queries/sessions/deleted.ts'
import type { RemoteFeed } from './log/reading/feed.ts'
import type { Hub } from './log/reading/hub.ts'
import type { NodeMessage } from './nodes/message.ts'
import type { RunSupervisor } from './runs/supervisor.ts'
import type { LocalSessionChanges } from './sessions/changes.ts'

type SessionDeleted = Extract<NodeMessage, { type: 'session-deleted' }>
type NodeMessageTargets = {
  database: Database
  feed: RemoteFeed
  hub: Hub
  runs: RunSupervisor
  changes: LocalSessionChanges
  recheckLogins(): void
  filesRead(): void
}

/**
 * Handles messages of other nodes. A message may be old, because somebody recorded and replayed it, or later events
 * overtook it. So the database is read before anything is ended.
 */
export function createNodeMessageHandler({
  database,
  feed,
  hub,
  runs,
  changes,
  recheckLogins,
  filesRead,
}: NodeMessageTargets): (message: NodeMessage) => Promise<void> {
  const sessionDeleted = async (message: SessionDeleted): Promise<void> => {
    const { sessionId, userId, runId } = message
    if (runId && (await findDeleted(database.db, 'runs', [runId])).length > 0) {
      runs.abandon({ id: runId, sessionId })
    }
    if ((await findDeleted(database.db, 'sessions', [sessionId])).length > 0) {
      hub.close(sessionId)
      changes.deleted(userId, sessionId)
    } else {
      // The session was made again under its id: its readers find the new beginning in the log.
      changes.touch(sessionId)
      await feed.catchUp()
    }
  }

  return async (message) => {
    switch (message.type) {
      case 'events':
        for (const { sessionId, event } of message.events) {
          if (event.type !== 'chunk') {
            changes.touch(sessionId)
          }
        }
        return feed.take(message.events)
      case 'logs':
        for (const { sessionId, structural } of message.logs ?? []) {
          if (structural) {
            changes.touch(sessionId)
          }
        }
        if (message.logs?.every(({ sessionId }) => !hub.reads(sessionId))) {
          return
        }
        return feed.catchUp()
      case 'stop':
        return runs.stop(message.runId)
      case 'replied':
        return runs.replied(message.callId)
      case 'released':
        return runs.sweep()
      case 'session-changed':
        return changes.touch(message.sessionId)
      case 'session-deleted':
        return sessionDeleted(message)
      case 'logins-changed':
        return recheckLogins()
      case 'files-read':
        return filesRead()
      case 'joined':
        return
    }
  }
}
