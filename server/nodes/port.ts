import type { RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { AppendedEvent } from '../log/port.ts'

/** An event as one node tells it to the others. */
export type ToldEvent = { sessionId: SessionId; seq: number; event: AppendedEvent }

/** What nodes on one database tell each other. Any of it may be lost: each has a slower way that finds it out. */
export type NodeMessage =
  /** These were committed. */
  | { type: 'events'; events: readonly ToldEvent[] }
  /** These logs grew; `structural` when by more than text. `null` stands for too many to name. */
  | { type: 'logs'; logs: readonly { sessionId: SessionId; structural: boolean }[] | null }
  /** A person stopped this run. */
  | { type: 'stop'; runId: RunId }
  /** Runs were given up: whoever is quick may have them. */
  | { type: 'released' }
  | { type: 'session-changed'; sessionId: SessionId }
  /** With the run that was going in it, if one was: whoever drives that is to let go. */
  | { type: 'session-deleted'; sessionId: SessionId; userId: UserId; runId: RunId | null }
  /** A node is new here. */
  | { type: 'joined' }

export type Nodes = {
  /** This node's id, which owns the runs it drives. */
  readonly id: string
  /** Whether others may have to be told; false costs nothing. */
  readonly hasOthers: boolean
  /** Whether this node's lease surely holds; while it may not, what it drives may be taken over. */
  readonly leaseHolds: boolean
  /** The payload that tells the others of a commit, to be sent with it; null when there is nobody to tell. */
  payload(events: readonly ToldEvent[]): string | null
  /** Tells the others now. A failure is logged, for each message has its slower way. */
  tell(message: NodeMessage): void
}
