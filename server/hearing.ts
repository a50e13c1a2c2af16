import type { RemoteFeed } from './log/feed.ts'
import type { Hub } from './log/hub.ts'
import type { NodeMessage } from './nodes/port.ts'
import type { RunService } from './runs/create.ts'
import type { SessionChanges } from './sessions/port.ts'

type Ears = { feed: RemoteFeed; hub: Hub; runs: RunService; changes: SessionChanges }

/** What this node does at another one's word. */
export function createHearing({
  feed,
  hub,
  runs,
  changes,
}: Ears): (message: NodeMessage) => Promise<void> {
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
        return feed.catchUp()
      case 'stop':
        return runs.stopped(message.runId)
      case 'released':
        return runs.sweep()
      case 'session-changed':
        return changes.touch(message.sessionId)
      case 'session-deleted':
        if (message.runId) {
          runs.abandon({ id: message.runId, sessionId: message.sessionId })
        }
        hub.close(message.sessionId)
        return changes.deleted(message.userId, message.sessionId)
      case 'joined':
        return
    }
  }
}
